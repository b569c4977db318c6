import { Type } from '@sinclair/typebox';
import { defineMethod } from '../method.ts';
import { Moderated, moderated } from '../requester.ts';

export const lockRoom = defineMethod({
  name: 'lockRoom',
  doc: 'Locks the room, so that new peers cannot enter, or unlocks it. Peers in the room stay; moderators can always enter.',
  params: Type.Object({ locked: Type.Boolean() }),
  result: Moderated,
  state: 'joined',
  grant: 'moderate',
  errors: [],
  example: { locked: true },
  async run({ room, peer, commands }, { locked }) {
    const target = { roomId: room.id, locked };
    return await moderated(peer, (requester) => commands.setRoomLocked({ ...requester, ...target }));
  },
});
