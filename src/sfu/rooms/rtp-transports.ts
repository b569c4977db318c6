import type { types } from 'mediasoup';
import { stopwatch } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import { mediaCall } from '../media/media-call.ts';
import type { Peer, PipePeerTransport, PlainPeerTransport } from './peer.ts';
import type { Room } from './room.ts';
import { connected, keepTransport, placeTransport } from './transports.ts';

export interface PlainTransportRequest {
  readonly producing: boolean;
  readonly consuming: boolean;
  /** Learns the remote address from the first packet. */
  readonly comedia: boolean;
  /** RTP and RTCP on one port (RFC 5761). */
  readonly rtcpMux: boolean;
  /** Encrypts with keys that the program exchanges (RFC 3711); undefined for plain RTP. */
  readonly srtpCryptoSuite?: types.SrtpCryptoSuite;
  /** Carries data channels too (SCTP over UDP, without DTLS). */
  readonly enableSctp?: boolean;
}

/** The other side of a plain transport. With comedia only its keys are given, and only where SRTP is used. */
export interface PlainRemote {
  readonly ip?: string;
  readonly port?: number;
  /** Where RTCP is not on the port of RTP. */
  readonly rtcpPort?: number;
  readonly srtpParameters?: types.SrtpParameters;
}

export interface PipeTransportRequest {
  readonly producing: boolean;
  readonly consuming: boolean;
  readonly enableRtx: boolean;
  readonly enableSrtp: boolean;
}

export interface PipeRemote {
  readonly ip: string;
  readonly port: number;
  readonly srtpParameters?: types.SrtpParameters;
}

/**
 * Opens a transport for RTP without WebRTC. Only programs that hold an API key get one.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#PlainTransport
 * @throws SfuError limit_reached, gone, media_rejected
 */
export async function openPlainTransport(
  room: Room,
  peer: Peer,
  request: PlainTransportRequest,
): Promise<PlainPeerTransport> {
  const { producing, consuming, comedia, rtcpMux, srtpCryptoSuite, enableSctp } = request;
  const { listenInfo } = room.context.rtp;
  const transport = await placeTransport(room, peer, ({ router }) =>
    router.createPlainTransport({
      listenInfo: structuredClone(listenInfo),
      comedia,
      rtcpMux,
      enableSctp,
      enableSrtp: srtpCryptoSuite !== undefined,
      srtpCryptoSuite,
    }),
  );
  const { clock } = room.context;
  const entry: PlainPeerTransport = {
    type: 'plain',
    peer,
    transport,
    producing,
    consuming,
    comedia,
    openedAt: clock.now(),
    age: stopwatch(clock),
    connectRequested: false,
  };
  keepTransport(room, entry);
  const learned = ({ remoteIp }: types.TransportTuple) => {
    if (remoteIp === undefined || room.context.rtp.mayReach(remoteIp)) connected(room, entry);
    else peer.closeTransport(entry, 'not_allowed');
  };
  transport.on('tuple', learned);
  transport.on('rtcptuple', learned);
  return entry;
}

/**
 * Tells a plain transport where its other side is. With comedia it learns the address itself, and only keys are given.
 * @throws SfuError forbidden for an address that the operator does not allow, wrong_state the second time,
 *   media_rejected, gone
 */
export async function connectPlainTransport(
  room: Room,
  entry: PlainPeerTransport,
  remote: PlainRemote,
): Promise<void> {
  await connectOnce(room, entry, remote.ip, () => entry.transport.connect({ ...remote }));
  if (remote.ip !== undefined) connected(room, entry);
}

/**
 * Opens a transport to a router elsewhere, which carries every layer.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#PipeTransport
 * @throws SfuError limit_reached, gone, media_rejected
 */
export async function openPipeTransport(
  room: Room,
  peer: Peer,
  request: PipeTransportRequest,
): Promise<PipePeerTransport> {
  const { producing, consuming, enableRtx, enableSrtp } = request;
  const { listenInfo } = room.context.rtp;
  const transport = await placeTransport(room, peer, ({ router }) =>
    router.createPipeTransport({ listenInfo: structuredClone(listenInfo), enableRtx, enableSrtp }),
  );
  const { clock } = room.context;
  const entry: PipePeerTransport = {
    type: 'pipe',
    peer,
    transport,
    producing,
    consuming,
    openedAt: clock.now(),
    age: stopwatch(clock),
    connectRequested: false,
  };
  keepTransport(room, entry);
  return entry;
}

/** Tells a pipe transport where its other side is. @throws SfuError forbidden, wrong_state, media_rejected, gone */
export async function connectPipeTransport(
  room: Room,
  entry: PipePeerTransport,
  remote: PipeRemote,
): Promise<void> {
  await connectOnce(room, entry, remote.ip, () => entry.transport.connect({ ...remote }));
  connected(room, entry);
}

async function connectOnce(
  room: Room,
  entry: PlainPeerTransport | PipePeerTransport,
  ip: string | undefined,
  connect: () => Promise<void>,
): Promise<void> {
  if (ip !== undefined && !room.context.rtp.mayReach(ip)) {
    throw new SfuError(
      'forbidden',
      `media may not be exchanged with ${ip}; the operator allows addresses by TUREEN_RTP_REMOTES`,
    );
  }
  if (entry.connectRequested)
    throw new SfuError('wrong_state', 'this transport has its remote address already; open another one');
  entry.connectRequested = true;
  await mediaCall(entry.transport, 'connecting the transport', connect).catch((error: unknown) => {
    // Refused parameters leave the transport as it was.
    entry.connectRequested = false;
    throw error;
  });
}
