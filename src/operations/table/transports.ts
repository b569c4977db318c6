import { Id } from '../../core/schemas.ts';
import { findEverywhere, pageOfPeer, statisticsEverywhere } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, paging, params, Stats, Transport } from '../schemas.ts';
import { peerTarget } from './peers.ts';
import { describeStats } from './stats.ts';

export const listTransports = defineOperation({
  name: 'listTransports',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId/transports',
  doc: 'The transports of a peer in the order of their ids.',
  scope: 'read',
  params: params({ ...peerTarget, ...paging }),
  result: pageOf(Transport),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  run: (context, { roomId, peerId, ...page }) =>
    pageOfPeer(context, { list: 'transports', roomId, peerId }, page),
});

export const getTransportStats = defineOperation({
  name: 'getTransportStats',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId/transports/:transportId/stats',
  doc: 'Statistics of a transport, read from the media worker now.',
  scope: 'read',
  params: params({ ...peerTarget, transportId: Id }),
  result: Stats,
  errors: ['not_found', 'gone'],
  example: { roomId: 'room', peerId: 'alice', transportId: '{sendTransport}' },
  async run(context, { roomId, peerId, transportId }) {
    const wanted = { list: 'transports', roomId, peerId, id: transportId } as const;
    const { id, node } = await findEverywhere(context, wanted);
    return describeStats(await statisticsEverywhere(context, { roomId, id, node }));
  },
});
