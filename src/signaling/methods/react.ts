import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { react as show } from '../../sfu/rooms/hands.ts';
import { Reaction } from '../messages.ts';
import { defineMethod } from '../method.ts';

export const react = defineMethod({
  name: 'react',
  doc: 'Shows a reaction to everyone. It needs no grant to publish.',
  params: Type.Object({ reaction: Reaction }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  shows: true,
  asNotification: true,
  errors: ['forbidden'],
  example: { reaction: 'clap' },
  run({ room, peer }, { reaction }) {
    show(room, peer, reaction);
    return {};
  },
});
