import { isIP } from 'node:net';
import { Type } from '@sinclair/typebox';
import { SfuError } from '../../../core/errors.ts';
import { Id, Nothing } from '../../../core/schemas.ts';
import { readStatistics } from '../../../sfu/media/media-call.ts';
import type { Peer, PipePeerTransport, PlainPeerTransport } from '../../../sfu/rooms/peer.ts';
import {
  connectPipeTransport,
  connectPlainTransport,
  openPipeTransport as openPipe,
  openPlainTransport as openPlain,
  type PlainRemote,
} from '../../../sfu/rooms/rtp-transports.ts';
import { endpointRef, IpAddress, Port, Srtp, SrtpParameters, TransportInfo } from '../../endpoint-schemas.ts';
import type { Endpoint } from '../../holdings/holdings.ts';
import { defineOperation } from '../../operation.ts';
import { params, Stats } from '../../schemas.ts';
import { describeStats } from '../stats.ts';
import { describeTransport, isRtpTransport } from './describe.ts';
import { ownEndpoint } from './own-endpoint.ts';

const direction = {
  producing: Type.Optional(Type.Boolean({ description: 'Whether media comes in over it; true by default' })),
  consuming: Type.Optional(Type.Boolean({ description: 'Whether media goes out over it; true by default' })),
};
const transportRef = { ...endpointRef, transportId: Id };

export const openPlainTransport = defineOperation({
  name: 'openPlainTransport',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/plain-transports',
  doc: 'Opens a transport for RTP without WebRTC. By default it is encrypted, RTP and RTCP share a port, and it learns the address of the other side from the first packet (comedia).',
  scope: 'media',
  params: params({
    ...endpointRef,
    comedia: Type.Optional(
      Type.Boolean({
        description: 'Whether it learns the address of the other side from the first packet; true by default',
      }),
    ),
    rtcpMux: Type.Optional(
      Type.Boolean({ description: 'Whether RTP and RTCP share a port (RFC 5761); true by default' }),
    ),
    srtp: Type.Optional(Srtp),
    ...direction,
  }),
  result: TransportInfo,
  errors: ['not_found', 'limit_reached', 'gone', 'media_rejected', 'worker_unavailable'],
  example: { roomId: '{room}', peerId: '{endpoint}', comedia: true, srtp: 'none' },
  async run(context, { roomId, peerId, ...options }) {
    const { comedia = true, rtcpMux = true, srtp = 'AES_CM_128_HMAC_SHA1_80' } = options;
    const { producing = true, consuming = true } = options;
    const { room, peer } = ownEndpoint(context, { roomId, peerId });
    const srtpCryptoSuite = srtp === 'none' ? undefined : srtp;
    return describeTransport(
      await openPlain(room, peer, { producing, consuming, comedia, rtcpMux, srtpCryptoSuite }),
    );
  },
});

export const openPipeTransport = defineOperation({
  name: 'openPipeTransport',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/pipe-transports',
  doc: 'Opens a transport to another server. It carries every layer of what is sent over it.',
  scope: 'media',
  params: params({
    ...endpointRef,
    srtp: Type.Optional(Type.Boolean({ description: 'Whether it is encrypted; true by default' })),
    rtx: Type.Optional(
      Type.Boolean({ description: 'Whether lost packets are sent again; false by default' }),
    ),
    ...direction,
  }),
  result: TransportInfo,
  errors: ['not_found', 'limit_reached', 'gone', 'media_rejected', 'worker_unavailable'],
  example: { roomId: '{room}', peerId: '{endpoint}' },
  async run(context, { roomId, peerId, srtp = true, rtx = false, ...direction }) {
    const { producing = true, consuming = true } = direction;
    const { room, peer } = ownEndpoint(context, { roomId, peerId });
    const request = { producing, consuming, enableSrtp: srtp, enableRtx: rtx };
    return describeTransport(await openPipe(room, peer, request));
  },
});

export const connectTransport = defineOperation({
  name: 'connectTransport',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/transports/:transportId/connect',
  doc: 'Gives a transport the address and the key of its other side, once. With comedia give only the key; with comedia and without encryption, do not call this.',
  scope: 'media',
  params: params({
    ...transportRef,
    ip: Type.Optional(IpAddress),
    port: Type.Optional(Port),
    rtcpPort: Type.Optional(Port),
    srtpParameters: Type.Optional(SrtpParameters),
  }),
  result: TransportInfo,
  errors: ['not_found', 'wrong_state', 'media_rejected', 'gone'],
  example: {
    roomId: '{room}',
    peerId: '{endpoint}',
    transportId: '{transport}',
    ip: '127.0.0.1',
    port: 5004,
  },
  async run(context, { roomId, peerId, transportId, ...remote }) {
    const endpoint = ownEndpoint(context, { roomId, peerId });
    const entry = rtpTransport(endpoint.peer, transportId);
    checkRemote(entry, remote);
    await connect(endpoint, entry, remote);
    return describeTransport(entry);
  },
});

export const closeEndpointTransport = defineOperation({
  name: 'closeEndpointTransport',
  verb: 'DELETE',
  path: '/rooms/:roomId/endpoints/:peerId/transports/:transportId',
  doc: 'Closes a transport of your endpoint and everything that it carries, and frees its ports.',
  scope: 'media',
  params: params(transportRef),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: '{room}', peerId: '{endpoint}', transportId: '{transport}' },
  run(context, { transportId, ...ref }) {
    const { peer } = ownEndpoint(context, ref);
    peer.closeTransport(peer.transport(transportId), 'closed');
    return {};
  },
});

export const getEndpointTransportStats = defineOperation({
  name: 'getEndpointTransportStats',
  verb: 'GET',
  path: '/rooms/:roomId/endpoints/:peerId/transports/:transportId/stats',
  doc: 'Statistics of a transport of an endpoint, read from the media worker now.',
  scope: 'read',
  params: params(transportRef),
  result: Stats,
  errors: ['not_found', 'gone'],
  example: { roomId: '{room}', peerId: '{endpoint}', transportId: '{transport}' },
  async run({ holdings }, { roomId, peerId, transportId }) {
    const { transport } = rtpTransport(holdings.endpoint(roomId, peerId).peer, transportId);
    return describeStats(await readStatistics<readonly object[]>(transport));
  },
});

function rtpTransport(peer: Peer, transportId: string): PlainPeerTransport | PipePeerTransport {
  const entry = peer.transport(transportId);
  if (isRtpTransport(entry)) return entry;
  throw new SfuError('not_found', `the transport "${transportId}" is of a WebRTC client, not of an endpoint`);
}

/** Refuses what mediasoup would refuse with a message of its own, or accept and ignore. */
function checkRemote(entry: PlainPeerTransport | PipePeerTransport, { ip, port }: PlainRemote): void {
  const isComedia = entry.type === 'plain' && entry.comedia;
  if (isComedia && (ip !== undefined || port !== undefined)) {
    const advice = 'give the key only, or open a transport with comedia: false';
    throw new SfuError(
      'invalid_params',
      `ip and port: this transport learns the address from the first packet; ${advice}`,
    );
  }
  if (isComedia) return;
  if (ip === undefined || port === undefined)
    throw new SfuError('invalid_params', 'ip and port: this transport needs the address of its other side');
  if (isIP(ip) === 0) throw new SfuError('invalid_params', 'ip: must be an IP address, not a host name');
}

async function connect(
  { room }: Endpoint,
  entry: PlainPeerTransport | PipePeerTransport,
  remote: PlainRemote,
): Promise<void> {
  if (entry.type === 'plain') return await connectPlainTransport(room, entry, remote);
  const { ip = '', port = 0, srtpParameters } = remote;
  await connectPipeTransport(room, entry, { ip, port, srtpParameters });
}
