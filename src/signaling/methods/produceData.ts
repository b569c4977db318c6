import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { publishData } from '../../sfu/rooms/publishing-data.ts';
import { AppData } from '../../wire/envelope.ts';
import { SctpStreamParameters } from '../../wire/rtp.ts';
import { defineMethod } from '../method.ts';

const label = Type.Optional(Type.String({ maxLength: 128 }));

export const produceData = defineMethod({
  name: 'produceData',
  doc: 'Publishes a data channel over a sending transport. The others get a data consumer of it.',
  params: Type.Object({
    transportId: Id,
    sctpStreamParameters: SctpStreamParameters,
    label,
    protocol: label,
    appData: Type.Optional(AppData),
  }),
  result: Type.Object({
    id: Id,
    ready: Type.Boolean({
      description: 'whether everyone receives it already; see the notification dataProducerReady',
    }),
  }),
  state: 'joined',
  grant: 'publish',
  errors: ['not_found', 'wrong_state', 'forbidden', 'limit_reached', 'media_rejected', 'gone'],
  example: {
    transportId: '{sendTransport}',
    sctpStreamParameters: { streamId: 7, ordered: true },
    label: 'chat',
    protocol: '',
    appData: { channel: 'chat' },
  },
  async run({ room, peer, leavesOut }, params) {
    const { transportId, sctpStreamParameters, label = '', protocol = '', appData = {} } = params;
    const offered = !leavesOut(params);
    const request = { transportId, sctpStreamParameters, label, protocol, appData, offered };
    const { dataProducer, audience } = await publishData(room, peer, request);
    return { id: dataProducer.id, ready: audience.ready };
  },
});
