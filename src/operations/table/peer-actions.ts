import { Type } from '@sinclair/typebox';
import { oneOf, orNull, Reason, Source } from '../../core/schemas.ts';
import { askerOf, defineOperation } from '../operation.ts';
import { Ban, BanKind, params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const source = Type.Optional(Source);
const count = (description: string) => Type.Object({ count: Type.Integer({ description }) });

export const banPeer = defineOperation({
  name: 'banPeer',
  verb: 'POST',
  path: '/rooms/:roomId/peers/:peerId/ban',
  doc: 'Puts a peer out and keeps it out: one ban for each of `kinds` by which it can be recognised. Whoever else they fit is put out as well.',
  scope: 'moderate',
  params: params({
    ...peerTarget,
    where: oneOf(['room', 'server'], { description: 'From this room only, or from all of this server' }),
    kinds: Type.Array(BanKind, { minItems: 1, maxItems: 3, uniqueItems: true }),
    seconds: orNull(
      Type.Integer({ minimum: 1, maximum: 10 * 365 * 24 * 3600 }),
      'For how long; null for good',
    ),
    reason: Type.Optional(Reason),
  }),
  result: Type.Object({ bans: Type.Array(Ban) }),
  errors: ['not_found'],
  example: {
    roomId: 'room',
    peerId: 'alice',
    where: 'room',
    kinds: ['identity'],
    seconds: 3600,
    reason: 'spam',
  },
  async run(context, { where, kinds, seconds, reason, ...target }) {
    const order = { scope: where, kinds, milliseconds: seconds === null ? null : seconds * 1000 };
    const { bans } = await context.commands.removePeer({ ...target, ...askerOf(context, reason) }, order);
    return { bans };
  },
});

export const mutePeer = defineOperation({
  name: 'mutePeer',
  verb: 'PUT',
  path: '/rooms/:roomId/peers/:peerId/mute',
  doc: 'Mutes all that a peer sends, or only one source of it. It stays paused until it is allowed again and the peer itself resumes it.',
  scope: 'moderate',
  params: params({ ...peerTarget, source, reason: Type.Optional(Reason) }),
  result: count('Producers that were muted; those that were muted before are not counted'),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice', source: 'audio' },
  async run(context, { reason, ...target }) {
    context.sfu.peer(target.roomId, target.peerId);
    return { count: await context.commands.muteAll({ ...target, ...askerOf(context, reason) }) };
  },
});

export const allowPeer = defineOperation({
  name: 'allowPeer',
  verb: 'DELETE',
  path: '/rooms/:roomId/peers/:peerId/mute',
  doc: 'Ends the mutes of a peer: it may resume what it sends. Nobody’s microphone is opened by somebody else.',
  scope: 'moderate',
  params: params({ ...peerTarget, source, reason: Type.Optional(Reason) }),
  result: count('Producers that may be resumed now'),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  async run(context, { reason, ...target }) {
    context.sfu.peer(target.roomId, target.peerId);
    return { count: await context.commands.allowAll({ ...target, ...askerOf(context, reason) }) };
  },
});
