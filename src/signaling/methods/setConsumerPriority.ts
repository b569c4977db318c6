import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { mediaCall } from '../../sfu/media/media-call.ts';
import { defineMethod } from '../method.ts';

export const setConsumerPriority = defineMethod({
  name: 'setConsumerPriority',
  doc: 'Sets which consumers get bandwidth first when there is not enough for all: 1 (last) to 255 (first).',
  params: Type.Object({ consumerId: Id, priority: Type.Integer({ minimum: 1, maximum: 255 }) }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}', priority: 10 },
  async run({ peer }, { consumerId, priority }) {
    const { consumer } = peer.subscription(consumerId);
    await mediaCall(consumer, 'setting the priority', () => consumer.setPriority(priority));
    return {};
  },
});
