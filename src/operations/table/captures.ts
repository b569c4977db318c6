import { Type } from '@sinclair/typebox';
import { captureContents, captureEnds, mostCaptureSeconds } from '../../commands/captures.ts';
import { Id, Nothing, oneOf, orNull, Reason } from '../../core/schemas.ts';
import { defineOperation, requesterOf } from '../operation.ts';
import { params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const content = oneOf(captureContents, {
  description:
    '`headers` keeps the headers of RTP, which say nothing of what is heard and seen; `packets` keeps all of each packet',
});
const seconds = Type.Integer({
  minimum: 1,
  maximum: mostCaptureSeconds,
  description: 'When it ends by itself',
});

const Capture = Type.Object({
  id: Id,
  ...peerTarget,
  content,
  seconds,
  startedAt: Type.Integer({ description: 'ms since the epoch' }),
  end: orNull(oneOf(captureEnds), 'Why it ended; null while it runs. `size`: 16 MiB or 200,000 packets'),
  packets: Type.Integer(),
  bytes: Type.Integer({ description: 'Of the file so far' }),
});

const captureTarget = { captureId: Id };

export const startCapture = defineOperation({
  name: 'startCapture',
  verb: 'POST',
  path: '/rooms/:roomId/capture',
  doc: 'Captures what a peer on this node sends, as a pcap file for Wireshark: `GET /captures/:captureId/file` has it for ten minutes. One at a time runs on a node, and it ends after `seconds`, 16 MiB or 200,000 packets. Numbers of streams, payload types and header extensions are those that the server uses towards receivers.',
  scope: 'media',
  params: params({ ...peerTarget, content, seconds, reason: Type.Optional(Reason) }),
  result: Capture,
  status: 202,
  errors: ['not_found', 'wrong_state', 'limit_reached', 'gone'],
  example: { roomId: 'room', peerId: 'alice', content: 'headers', seconds: 10, reason: 'no sound' },
  run: (context, { reason, ...target }) =>
    context.captures.start({ ...target, ...requesterOf(context, reason) }),
});

export const getCapture = defineOperation({
  name: 'getCapture',
  verb: 'GET',
  path: '/captures/:captureId',
  doc: 'How a capture goes, or went. Its file is at `/captures/:captureId/file`, for callers with the scope `media`; each fetch is in the audit log.',
  scope: 'media',
  params: params(captureTarget),
  result: Capture,
  errors: ['not_found'],
  example: { captureId: '{capture}' },
  run: ({ captures }, { captureId }) => captures.get(captureId),
});

export const discardCapture = defineOperation({
  name: 'discardCapture',
  verb: 'DELETE',
  path: '/captures/:captureId',
  doc: 'Ends a capture if it runs, and throws its file away.',
  scope: 'media',
  params: params({ ...captureTarget, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { captureId: '{capture}' },
  async run(context, { captureId, reason }) {
    await context.captures.discard({ id: captureId, ...requesterOf(context, reason) });
    return {};
  },
});
