import { SfuError } from '../../core/errors.ts';
import { Id } from '../../core/schemas.ts';
import type { PeerSnapshot, TransportSnapshot } from '../../sfu/rooms/snapshot.ts';
import { defineOperation } from '../operation.ts';
import { pageById } from '../paging.ts';
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
  run({ sfu }, { roomId, peerId, ...query }) {
    return pageById(sfu.read.peer(roomId, peerId).transports, query);
  },
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
  async run({ sfu }, { roomId, peerId, transportId }) {
    const { id } = findTransport(sfu.read.peer(roomId, peerId), transportId);
    return describeStats(await sfu.read.statistics({ roomId, id }));
  },
});

function findTransport({ transports }: PeerSnapshot, id: string): TransportSnapshot {
  const found = transports.find((transport) => transport.id === id);
  if (found) return found;
  throw new SfuError('not_found', `the peer has no transport "${id}"; it may have been closed`);
}
