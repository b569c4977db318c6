import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { Stats } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const getProducerStats = defineMethod({
  name: 'getProducerStats',
  doc: 'Statistics of a producer. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  params: Type.Object({ producerId: Id }),
  result: Stats,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { producerId: '{producer}' },
  async run({ peer }, { producerId }) {
    const { producer } = peer.publication(producerId);
    return await readStatistics(producer);
  },
});
