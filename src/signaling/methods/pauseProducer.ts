import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { pausePublication } from '../../sfu/rooms/publishing.ts';
import { defineMethod } from '../method.ts';

export const pauseProducer = defineMethod({
  name: 'pauseProducer',
  doc: 'Pauses a producer. The others are notified.',
  params: Type.Object({ producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { producerId: '{producer}' },
  async run({ room, peer }, { producerId }) {
    await pausePublication(room, peer.publication(producerId));
    return {};
  },
});
