import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { closeSubscription } from '../../sfu/rooms/subscribing.ts';
import { defineMethod } from '../method.ts';

export const closeConsumer = defineMethod({
  name: 'closeConsumer',
  doc: 'Closes a consumer. To receive again, call `consume`.',
  params: Type.Object({ consumerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found'],
  example: { consumerId: '{consumer}' },
  run({ peer }, { consumerId }) {
    closeSubscription(peer.subscription(consumerId), 'peer');
    return {};
  },
});
