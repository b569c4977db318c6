import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { pauseSubscription } from '../../sfu/rooms/subscribing.ts';
import { defineMethod } from '../method.ts';

export const pauseConsumer = defineMethod({
  name: 'pauseConsumer',
  doc: 'Pauses a consumer.',
  params: Type.Object({ consumerId: Id }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}' },
  async run({ room, peer }, { consumerId }) {
    await pauseSubscription(room, peer.subscription(consumerId));
    return {};
  },
});
