import { Type } from '@sinclair/typebox';
import { Id, oneOf, orNull } from '../core/schemas.ts';
import { captureContents, captureEnds, mostCaptureSeconds } from '../sfu/capture/captures.ts';

export const CaptureContent = oneOf(captureContents, {
  description:
    '`headers` keeps the headers of RTP, which say nothing of what is heard and seen; `packets` keeps all of each packet',
});
export const CaptureSeconds = Type.Integer({
  minimum: 1,
  maximum: mostCaptureSeconds,
  description: 'When it ends by itself',
});

/** A capture as programs and other nodes see it. */
export const CaptureShape = Type.Object({
  id: Id,
  roomId: Id,
  peerId: Id,
  content: CaptureContent,
  seconds: CaptureSeconds,
  startedAt: Type.Integer({ description: 'ms since the epoch' }),
  end: orNull(oneOf(captureEnds), 'Why it ended; null while it runs. `size`: 16 MiB or 200,000 packets'),
  packets: Type.Integer(),
  bytes: Type.Integer({ description: 'Of the file so far' }),
});
