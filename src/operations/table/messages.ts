import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Id, Nothing, Reason } from '../../core/schemas.ts';
import { cleanText } from '../../core/text.ts';
import { defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const maxMessageLength = 500;
const text = {
  message: Type.String({
    minLength: 1,
    maxLength: maxMessageLength,
    description: 'The text that people see',
  }),
  reason: Type.Optional(Reason),
};

export const sendToRoom = defineOperation({
  name: 'sendToRoom',
  verb: 'POST',
  path: '/rooms/:roomId/messages',
  doc: 'Sends a notice to everyone in a room.',
  scope: 'moderate',
  params: params({ roomId: Id, ...text }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: 'room', message: 'Five minutes left.' },
  run: (context, target) => send(context, target),
});

export const sendToPeer = defineOperation({
  name: 'sendToPeer',
  verb: 'POST',
  path: '/rooms/:roomId/peers/:peerId/messages',
  doc: 'Sends a notice to one peer.',
  scope: 'moderate',
  params: params({ ...peerTarget, ...text }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice', message: 'Please mute yourself.' },
  run: (context, target) => send(context, target),
});

async function send(
  context: OperationContext,
  target: { roomId: string; peerId?: string; message: string; reason?: string },
): Promise<Record<string, never>> {
  const message = cleanText(target.message, maxMessageLength);
  if (message === '') throw new SfuError('invalid_params', 'message: must have visible characters, got none');
  await context.commands.notice({ ...target, message, ...requesterOf(context, target.reason) });
  return {};
}
