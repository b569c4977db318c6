import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../core/schemas.ts';
import { mediaCall } from '../../sfu/media/media-call.ts';
import { defineMethod } from '../method.ts';

const layer = Type.Integer({ minimum: 0, maximum: 7 });

export const setConsumerPreferredLayers = defineMethod({
  name: 'setConsumerPreferredLayers',
  doc: 'Sets the highest simulcast or SVC layers that you want. You get lower ones when bandwidth is short.',
  params: Type.Object({ consumerId: Id, spatialLayer: layer, temporalLayer: Type.Optional(layer) }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}', spatialLayer: 2, temporalLayer: 1 },
  async run({ peer }, { consumerId, spatialLayer, temporalLayer }) {
    const { consumer } = peer.subscription(consumerId);
    await mediaCall(consumer, 'setting layers', () =>
      consumer.setPreferredLayers({ spatialLayer, temporalLayer }),
    );
    return {};
  },
});
