import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { Stats } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const getConsumerStats = defineMethod({
  name: 'getConsumerStats',
  doc: 'Statistics of a consumer and of its producer. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  params: Type.Object({ consumerId: Id }),
  result: Stats,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { consumerId: '{consumer}' },
  async run({ peer }, { consumerId }) {
    const { consumer } = peer.subscription(consumerId);
    return await readStatistics(consumer);
  },
});
