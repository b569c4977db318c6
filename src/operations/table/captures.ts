import { Type } from '@sinclair/typebox';
import { CaptureContent, CaptureSeconds, CaptureShape } from '../../commands/capture-schema.ts';
import { Id, Nothing, Reason } from '../../core/schemas.ts';
import { defineOperation, requesterOf } from '../operation.ts';
import { params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const captureTarget = { captureId: Id };

export const startCapture = defineOperation({
  name: 'startCapture',
  verb: 'POST',
  path: '/rooms/:roomId/capture',
  doc: 'Captures what a peer sends, on the node that it is on, as a pcap file for Wireshark: `GET /captures/:captureId/file` has it for ten minutes. One at a time runs on a node, and it ends after `seconds`, 16 MiB or 200,000 packets. Numbers of streams, payload types and header extensions are those that the server uses towards receivers.',
  scope: 'media',
  params: params({
    ...peerTarget,
    content: CaptureContent,
    seconds: CaptureSeconds,
    reason: Type.Optional(Reason),
  }),
  result: CaptureShape,
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
  result: CaptureShape,
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
