import { Nothing } from '../../core/schemas.ts';
import { raiseHand as raise } from '../../sfu/rooms/hands.ts';
import { defineMethod } from '../method.ts';

export const raiseHand = defineMethod({
  name: 'raiseHand',
  doc: 'Raises your hand. It needs no grant to publish; everyone is notified. A hand is down again after a new connection, and stays raised through `rejoin`.',
  params: Nothing,
  result: Nothing,
  state: 'joined',
  grant: 'none',
  shows: true,
  asNotification: true,
  errors: ['forbidden'],
  example: {},
  run({ room, peer }) {
    raise(room, peer);
    return {};
  },
});
