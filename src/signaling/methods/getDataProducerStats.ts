import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { Stats } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const getDataProducerStats = defineMethod({
  name: 'getDataProducerStats',
  doc: 'Statistics of a data producer. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  params: Type.Object({ dataProducerId: Id }),
  result: Stats,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { dataProducerId: '{dataProducer}' },
  async run({ peer }, { dataProducerId }) {
    const { dataProducer } = peer.dataPublication(dataProducerId);
    return await readStatistics(dataProducer);
  },
});
