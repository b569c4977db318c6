import { Type } from '@sinclair/typebox';
import { oneOf, orNull, Reason, Source } from '../../core/schemas.ts';
import { requirePeer } from '../everywhere.ts';
import { defineOperation, requesterOf } from '../operation.ts';
import { Ban, BanKind, params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const source = Type.Optional(Source);
const count = (description: string) => Type.Object({ count: Type.Integer({ description }) });

export const banPeer = defineOperation({
  name: 'banPeer',
  verb: 'POST',
  path: '/rooms/:roomId/peers/:peerId/ban',
  doc: 'Removes a peer and bans it: adds one ban for each of `kinds` that the peer has. Other peers that these bans match are removed too.',
  scope: 'moderate',
  params: params({
    ...peerTarget,
    where: oneOf(['room', 'server'], { description: 'Banned from this room only, or from the whole server' }),
    kinds: Type.Array(BanKind, { minItems: 1, maxItems: 3, uniqueItems: true }),
    seconds: orNull(
      Type.Integer({ minimum: 1, maximum: 10 * 365 * 24 * 3600 }),
      'How long the bans last; null for permanent bans',
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
    const ban = { scope: where, kinds, milliseconds: seconds === null ? null : seconds * 1000 };
    const { bans } = await context.commands.removePeer({ ...target, ...requesterOf(context, reason) }, ban);
    return { bans };
  },
});

export const mutePeer = defineOperation({
  name: 'mutePeer',
  verb: 'PUT',
  path: '/rooms/:roomId/peers/:peerId/mute',
  doc: 'Mutes everything that a peer sends, or only one source. It stays paused until the mute is ended and the peer resumes it.',
  scope: 'moderate',
  params: params({ ...peerTarget, source, reason: Type.Optional(Reason) }),
  result: count('How many producers were muted, without those that were muted before'),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice', source: 'audio' },
  async run(context, { reason, ...target }) {
    requirePeer(context, target);
    return { count: await context.commands.muteAll({ ...target, ...requesterOf(context, reason) }) };
  },
});

export const allowPeer = defineOperation({
  name: 'allowPeer',
  verb: 'DELETE',
  path: '/rooms/:roomId/peers/:peerId/mute',
  doc: 'Ends the mutes of a peer, which may then resume what it sends. Only the peer itself can switch its microphone on again.',
  scope: 'moderate',
  params: params({ ...peerTarget, source, reason: Type.Optional(Reason) }),
  result: count('How many producers the peer may now resume'),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  async run(context, { reason, ...target }) {
    requirePeer(context, target);
    return { count: await context.commands.allowAll({ ...target, ...requesterOf(context, reason) }) };
  },
});
