import { Type } from '@sinclair/typebox';
import { Id, maxReasonLength, Reason } from '../../core/schemas.ts';
import { cleanText } from '../../core/text.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const removePeer = defineMethod({
  name: 'removePeer',
  doc: 'Removes a peer from the room and makes its tokens void. The reply comes when its socket and transports are closed and nobody receives it any more.',
  params: Type.Object({ peerId: Id, reason: Type.Optional(Reason) }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob', reason: 'spam' },
  async run({ room, peer, commands }, { peerId, reason = '' }) {
    const target = { roomId: room.id, peerId, reason: cleanText(reason, maxReasonLength) };
    return await moderated(peer, (requester) => commands.removePeer({ ...requester, ...target }));
  },
});
