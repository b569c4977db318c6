import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const lowerHands = defineMethod({
  name: 'lowerHands',
  doc: 'Lowers the hand of a peer; every hand in the room without an id.',
  params: Type.Object({ peerId: Type.Optional(Id) }),
  result: Type.Object({
    ...Moderated.properties,
    count: Type.Integer({ description: 'how many were raised' }),
  }),
  state: 'joined',
  grant: 'moderate',
  errors: ['not_found'],
  example: { peerId: 'bob' },
  async run({ room, peer, commands }, { peerId }) {
    let count = 0;
    const reply = await moderated(peer, async (requester) => {
      count = await commands.lowerHands({ ...requester, roomId: room.id, peerId });
    });
    return { count, ...reply };
  },
});
