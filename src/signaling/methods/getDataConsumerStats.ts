import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { Stats } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const getDataConsumerStats = defineMethod({
  name: 'getDataConsumerStats',
  doc: 'Statistics of a data consumer. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  params: Type.Object({ dataConsumerId: Id }),
  result: Stats,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { dataConsumerId: '{dataConsumer}' },
  async run({ peer }, { dataConsumerId }) {
    const { dataConsumer } = peer.dataSubscription(dataConsumerId);
    return await readStatistics(dataConsumer);
  },
});
