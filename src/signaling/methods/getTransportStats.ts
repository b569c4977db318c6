import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { readStatistics } from '../../sfu/media/media-call.ts';
import { Stats } from '../media-schemas.ts';
import { defineMethod } from '../method.ts';

export const getTransportStats = defineMethod({
  name: 'getTransportStats',
  doc: 'Statistics of a transport. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  params: Type.Object({ transportId: Id }),
  result: Stats,
  state: 'connected',
  grant: 'none',
  errors: ['not_found', 'gone'],
  example: { transportId: '{sendTransport}' },
  async run({ peer }, { transportId }) {
    const { transport } = peer.webRtcTransport(transportId);
    return await readStatistics(transport);
  },
});
