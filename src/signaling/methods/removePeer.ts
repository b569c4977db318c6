import { Type } from '@sinclair/typebox';
import { Id, maxReasonLength, Nothing, Reason } from '../../core/schemas.ts';
import { cleanText } from '../../core/text.ts';
import { defineMethod } from '../method.ts';
import { actorOf } from '../moderator.ts';

export const removePeer = defineMethod({
  name: 'removePeer',
  doc: 'Puts a peer out of the room and makes its tokens void. Answered when its socket and transports are closed and nobody receives it any more.',
  params: Type.Object({ peerId: Id, reason: Type.Optional(Reason) }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob', reason: 'spam' },
  async run({ room, peer, commands }, { peerId, reason = '' }) {
    const asker = { ...actorOf(peer), reason: cleanText(reason, maxReasonLength) };
    await commands.removePeer({ roomId: room.id, peerId, ...asker });
    return {};
  },
});
