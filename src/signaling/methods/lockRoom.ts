import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { requesterOf } from '../requester.ts';

export const lockRoom = defineMethod({
  name: 'lockRoom',
  doc: 'Locks the room, so that new peers cannot enter, or unlocks it. Peers in the room stay; moderators can always enter.',
  params: Type.Object({ locked: Type.Boolean() }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: [],
  example: { locked: true },
  async run({ room, peer, commands }, { locked }) {
    await commands.setRoomLocked({ roomId: room.id, locked, ...requesterOf(peer) });
    return {};
  },
});
