import { isIP } from 'node:net';
import { Type } from '@sinclair/typebox';
import { SfuError } from '../../../core/errors.ts';
import { Id, Nothing } from '../../../core/schemas.ts';
import { mediaCall } from '../../../sfu/media/media-call.ts';
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
import { describeTransport, isRtpTransport } from './describe.ts';
import { ownEndpoint } from './own.ts';

const direction = {
  producing: Type.Optional(Type.Boolean({ description: 'Media comes in over it; true unless told' })),
  consuming: Type.Optional(Type.Boolean({ description: 'Media goes out over it; true unless told' })),
};
const transportRef = { ...endpointRef, transportId: Id };

export const openPlainTransport = defineOperation({
  name: 'openPlainTransport',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/plain-transports',
  doc: 'Opens a transport for RTP without WebRTC. Unless told otherwise it is encrypted, RTP and RTCP share a port, and it learns the address of the other side from the first packet that comes (comedia).',
  scope: 'media',
  params: params({
    ...endpointRef,
    comedia: Type.Optional(
      Type.Boolean({ description: 'Learns the other address from what comes; true unless told' }),
    ),
    rtcpMux: Type.Optional(
      Type.Boolean({ description: 'RTP and RTCP on one port (RFC 5761); true unless told' }),
    ),
    srtp: Type.Optional(Srtp),
    ...direction,
  }),
  result: TransportInfo,
  errors: ['not_found', 'limit_reached', 'gone', 'media_rejected', 'worker_unavailable'],
  example: { roomId: '{room}', peerId: '{endpoint}', comedia: true, srtp: 'none' },
  async run(context, { roomId, peerId, ...wanted }) {
    const { comedia = true, rtcpMux = true, srtp = 'AES_CM_128_HMAC_SHA1_80' } = wanted;
    const { producing = true, consuming = true } = wanted;
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
  doc: 'Opens a transport to another server, which carries every layer of what goes over it.',
  scope: 'media',
  params: params({
    ...endpointRef,
    srtp: Type.Optional(Type.Boolean({ description: 'Encrypts; true unless told' })),
    rtx: Type.Optional(Type.Boolean({ description: 'Retransmits what is lost; false unless told' })),
    ...direction,
  }),
  result: TransportInfo,
  errors: ['not_found', 'limit_reached', 'gone', 'media_rejected', 'worker_unavailable'],
  example: { roomId: '{room}', peerId: '{endpoint}' },
  async run(context, { roomId, peerId, srtp = true, rtx = false, ...wanted }) {
    const { producing = true, consuming = true } = wanted;
    const { room, peer } = ownEndpoint(context, { roomId, peerId });
    const request = { producing, consuming, enableSrtp: srtp, enableRtx: rtx };
    return describeTransport(await openPipe(room, peer, request));
  },
});

export const connectTransport = defineOperation({
  name: 'connectTransport',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/transports/:transportId/connect',
  doc: 'Tells a transport of its other side, once. With comedia only the key is given, and where nothing is encrypted this is not called at all.',
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
  doc: 'Ends a transport of an endpoint of yours and all that it carries; its ports are given back.',
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
  doc: 'Statistics of a transport of an endpoint.',
  scope: 'read',
  params: params(transportRef),
  result: Stats,
  errors: ['not_found', 'gone'],
  example: { roomId: '{room}', peerId: '{endpoint}', transportId: '{transport}' },
  async run({ holdings }, { roomId, peerId, transportId }) {
    const { transport } = rtpTransport(holdings.endpoint(roomId, peerId).peer, transportId);
    const stats = await mediaCall(transport, 'reading statistics', async () => [
      ...(await transport.getStats()),
    ]);
    return { stats: stats.map((entry) => ({ ...entry })) };
  },
});

function rtpTransport(peer: Peer, transportId: string): PlainPeerTransport | PipePeerTransport {
  const entry = peer.transport(transportId);
  if (isRtpTransport(entry)) return entry;
  throw new SfuError('not_found', `the transport "${transportId}" is a WebRTC client's`);
}

/** What mediasoup would refuse with words of its own, or take and do nothing with. */
function checkRemote(entry: PlainPeerTransport | PipePeerTransport, { ip, port }: PlainRemote): void {
  const learns = entry.type === 'plain' && entry.comedia;
  if (learns && (ip !== undefined || port !== undefined)) {
    const how = 'give its key only, or open one with comedia: false';
    throw new SfuError('invalid_params', `ip: this transport learns the address from what comes; ${how}`);
  }
  if (learns) return;
  if (ip === undefined || port === undefined)
    throw new SfuError(
      'invalid_params',
      'ip and port: this transport has to be told where its other side is',
    );
  if (isIP(ip) === 0) throw new SfuError('invalid_params', 'ip: an IP address is wanted, not a host name');
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
