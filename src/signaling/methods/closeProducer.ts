import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { closePublication } from '../../sfu/rooms/publishing.ts';
import { defineMethod } from '../method.ts';

export const closeProducer = defineMethod({
  name: 'closeProducer',
  doc: 'Closes a producer and all its consumers.',
  params: Type.Object({ producerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found'],
  example: { producerId: '{producer}' },
  run({ peer }, { producerId }) {
    closePublication(peer.publication(producerId), 'peer', { kind: 'peer', id: peer.id });
    return {};
  },
});
