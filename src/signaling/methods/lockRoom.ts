import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';
import { actorOf } from '../moderator.ts';

export const lockRoom = defineMethod({
  name: 'lockRoom',
  doc: 'Locks the room, so that nobody new gets in, or unlocks it. Who is in stays in; moderators get in always.',
  params: Type.Object({ locked: Type.Boolean() }),
  result: Nothing,
  state: 'joined',
  grant: 'moderate',
  errors: [],
  example: { locked: true },
  async run({ room, peer, commands }, { locked }) {
    await commands.setRoomLocked({ roomId: room.id, locked, ...actorOf(peer) });
    return {};
  },
});
