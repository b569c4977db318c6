import { Nothing } from '../../core/schemas.ts';
import { lowerHand as lower } from '../../sfu/rooms/hands.ts';
import { defineMethod } from '../method.ts';

export const lowerHand = defineMethod({
  name: 'lowerHand',
  doc: 'Lowers your hand.',
  params: Nothing,
  result: Nothing,
  state: 'joined',
  grant: 'none',
  shows: true,
  asNotification: true,
  errors: [],
  example: {},
  run({ room, peer }) {
    lower(room, peer, { kind: 'peer', id: peer.id });
    return {};
  },
});
