import type { types } from 'mediasoup';
import { stopwatch } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import { adopt, mediaCall, readStatistics } from '../media/media-call.ts';
import type { RoomRouter } from '../media/routers.ts';
import { followBandwidth } from './bandwidth.ts';
import { candidateTexts, pairOf } from './candidates.ts';
import { type MediaObject, readings } from './media-index.ts';
import type { Peer, PeerTransport, WebRtcPeerTransport } from './peer.ts';
import type { Room } from './room.ts';

export interface TransportRequest {
  producing: boolean;
  consuming: boolean;
  /** Offers TCP candidates only, for networks that are known to drop UDP. */
  forceTcp: boolean;
  /** Follows the estimate of the downlink, which costs a message of the worker a second. Off unless set. */
  followsBandwidth?: boolean;
}

/** Placement attempts before giving up. */
const maxAttempts = 3;

/** Opens a transport for a WebRTC client. Needs no join, so that it can prepare. @throws SfuError limit_reached, gone */
export async function openTransport(
  room: Room,
  peer: Peer,
  request: TransportRequest,
): Promise<WebRtcPeerTransport> {
  const transport = await placeTransport(room, peer, (place) => create(room, place, request));
  const { producing, consuming } = request;
  const { clock } = room.context;
  const entry: WebRtcPeerTransport = {
    type: 'webrtc',
    peer,
    transport,
    producing,
    consuming,
    openedAt: clock.now(),
    age: stopwatch(clock),
    connectRequested: false,
  };
  keepTransport(room, entry);
  follow(room, entry);
  if (request.followsBandwidth) followBandwidth(room, entry);
  return entry;
}

/**
 * Makes a transport where the peer's media lives, which its first transport decides. The peer may have gone meanwhile.
 * @throws SfuError limit_reached, gone, media_rejected, worker_unavailable
 */
export async function placeTransport<T extends types.Transport>(
  room: Room,
  peer: Peer,
  make: (place: RoomRouter) => Promise<T>,
): Promise<T> {
  const { maxTransportsPerPeer } = room.context.settings;
  if (peer.transports.size >= maxTransportsPerPeer) {
    throw new SfuError(
      'limit_reached',
      `a peer may have ${maxTransportsPerPeer} transports; use those that you have`,
    );
  }
  const { roomRouter, transport } = await createSomewhere(room, peer, make);
  adopt(transport, !peer.closed && (!peer.router || peer.router === roomRouter), 'the transport');
  peer.router = roomRouter;
  return transport;
}

/** Makes a transport one of its peer's, until it closes. */
export function keepTransport(room: Room, entry: PeerTransport): void {
  const { peer, producing, consuming } = entry;
  // What every type of transport has; the types of their own events do not fit together.
  const transport = entry.transport as types.Transport;
  const ref = { ...peer.ref, transportId: transport.id };
  peer.transports.set(transport.id, entry);
  peer.media.add(transportObject(entry));
  const gone = peer.traces.add('transports');
  transport.once('routerclose', () => {
    entry.ending ??= 'router_closed';
  });
  transport.observer.once('close', () => {
    peer.transports.delete(transport.id);
    peer.media.remove(transport.id);
    gone();
    const reason = entry.ending ?? 'router_closed';
    entry.cancelWait?.();
    const waited = entry.waited ?? false;
    room.events.emit('transportClosed', { ...ref, reason, course: courseOf(entry), waited });
  });
  const offered = entry.type === 'webrtc' ? candidateTexts(room, entry) : [];
  room.events.emit('transportOpened', { ...ref, producing, consuming, offered });
}

function transportObject(entry: PeerTransport): MediaObject<'transport'> {
  const { peer, type } = entry;
  const transport = entry.transport as types.Transport;
  const webRtc = type === 'webrtc' ? entry.transport : undefined;
  return {
    ...peer.ref,
    object: 'transport',
    id: transport.id,
    transportId: transport.id,
    worker: peer.router?.live.index ?? 0,
    state: () => ({
      type,
      iceState: webRtc?.iceState ?? null,
      dtlsState: webRtc?.dtlsState ?? null,
      sctpState: entry.transport.sctpState ?? null,
      protocol: webRtc?.iceSelectedTuple?.protocol ?? null,
      remoteIp: webRtc?.iceSelectedTuple?.remoteIp ?? null,
    }),
    statistics: readings(async () => (await readStatistics(transport)) as types.BaseTransportStats[]),
  };
}

/** Gives the client's side of DTLS. @throws SfuError wrong_state the second time */
export async function connectTransport(
  room: Room,
  entry: WebRtcPeerTransport,
  dtlsParameters: types.DtlsParameters,
): Promise<void> {
  const { clock } = room.context;
  if (entry.connectRequested) {
    throw new SfuError(
      'wrong_state',
      'this transport has its DTLS parameters already; to reconnect, restart ICE',
    );
  }
  entry.connectRequested = true;
  entry.connectAge = stopwatch(clock);
  watchConnecting(room, entry);
  await mediaCall(entry.transport, 'connecting the transport', () =>
    entry.transport.connect({ dtlsParameters }),
  ).catch((error: unknown) => {
    // Refused parameters leave the transport as it was: the client may send better ones.
    entry.connectRequested = false;
    entry.connectAge = undefined;
    entry.cancelWait?.();
    throw error;
  });
}

/** Media that has not come by then does not come by itself: in most calls it takes a second. */
const usualConnectMs = 15_000;

/** Tells of a client that cannot connect while it tries, and not only when it gives up. */
function watchConnecting({ context: { clock }, events }: Room, entry: WebRtcPeerTransport): void {
  entry.cancelWait = clock.after(usualConnectMs, () => {
    entry.waited = true;
    events.emit('transportWaits', {
      ...entry.peer.ref,
      transportId: entry.transport.id,
      after: usualConnectMs,
    });
  });
}

/** New ICE credentials for a client whose network changed (RFC 8445, section 2.4). */
export async function restartIce(entry: WebRtcPeerTransport): Promise<types.IceParameters> {
  return await mediaCall(entry.transport, 'restarting ICE', () => entry.transport.restartIce());
}

/** For a peer that has no place yet, a worker that dies at this moment is no reason to fail: another one takes it. */
async function createSomewhere<T extends types.Transport>(
  room: Room,
  peer: Peer,
  make: (place: RoomRouter) => Promise<T>,
) {
  const settled = peer.router !== undefined;
  for (let attempt = 1; ; attempt += 1) {
    const roomRouter = peer.router ?? (await room.routers.placePeer());
    const { router } = roomRouter;
    try {
      const transport = await mediaCall(router, 'opening a transport', () => make(roomRouter));
      return { roomRouter, transport: adopt(transport, !router.closed, 'the transport') };
    } catch (error) {
      if (settled || peer.closed || !router.closed || attempt === maxAttempts) throw error;
    }
  }
}

/** Limits what each transport of a room may send, those to come too. Null goes back to the setting. */
export async function capBitrate(room: Room, bitrate: number | null): Promise<void> {
  room.bitrateCap = bitrate;
  const transports = [...room.peers.values()].flatMap((peer) => [...peer.transports.values()]);
  const sending = transports.filter(({ producing }) => producing);
  // One that closes at this moment needs no limit, and must not keep the others from theirs.
  await Promise.allSettled(
    sending.map(({ transport }) =>
      mediaCall(transport, 'limiting the bitrate', () =>
        transport.setMaxIncomingBitrate(incomingLimit(room)),
      ),
    ),
  );
}

function incomingLimit({ bitrateCap, context }: Room): number {
  return bitrateCap ?? context.settings.maxIncomingBitrate;
}

async function create(
  room: Room,
  { router, live }: RoomRouter,
  request: TransportRequest,
): Promise<types.WebRtcTransport> {
  const { initialOutgoingBitrate, maxOutgoingBitrate } = room.context.settings;
  const transport = await router.createWebRtcTransport({
    webRtcServer: live.webRtcServer,
    enableUdp: !request.forceTcp,
    enableTcp: true,
    preferUdp: true,
    // Data channels cost nothing until they are used, and old clients cannot ask for them later.
    enableSctp: true,
    initialAvailableOutgoingBitrate: initialOutgoingBitrate,
  });
  const incoming = incomingLimit(room);
  try {
    if (request.producing && incoming > 0) await transport.setMaxIncomingBitrate(incoming);
    if (request.followsBandwidth) await transport.enableTraceEvent(['bwe']);
    if (request.consuming && maxOutgoingBitrate > 0)
      await transport.setMaxOutgoingBitrate(maxOutgoingBitrate);
  } catch (error) {
    transport.close();
    throw error;
  }
  return transport;
}

function follow(room: Room, entry: WebRtcPeerTransport): void {
  const { peer, transport } = entry;
  const ref = { ...peer.ref, transportId: transport.id };
  transport.on('icestatechange', (state) => {
    const pair = pairOf(transport.iceSelectedTuple);
    room.events.emit('transportIceState', { ...ref, state, ...(pair && { pair }) });
    watchIce(room, entry, state);
  });
  transport.on('dtlsstatechange', (state) => {
    room.events.emit('transportDtlsState', { ...ref, state });
    if (state === 'connected') connected(room, entry);
    if (state === 'failed') peer.closeTransport(entry, 'dtls_failed');
    if (state === 'closed') peer.closeTransport(entry, 'dtls_closed');
  });
  transport.on('sctpstatechange', (state) => room.events.emit('transportSctpState', { ...ref, state }));
  transport.observer.once('close', () => entry.cancelIceFailure?.());
}

function courseOf({ connectedAt, connectRequested }: PeerTransport) {
  if (connectedAt !== undefined) return 'connected';
  return connectRequested ? 'never_connected' : 'unused';
}

/** Notes the first moment at which a transport could carry media. */
export function connected(room: Room, entry: PeerTransport): void {
  if (entry.connectedAt !== undefined) return;
  entry.cancelWait?.();
  entry.connectedAt = room.context.clock.now();
  const duration = entry.connectAge?.() ?? null;
  room.events.emit('transportConnected', { ...entry.peer.ref, transportId: entry.transport.id, duration });
}

/** A client that lost its network may come back by an ICE restart; after a while the transport is given up. */
function watchIce(room: Room, entry: WebRtcPeerTransport, state: types.IceState): void {
  entry.cancelIceFailure?.();
  entry.cancelIceFailure = undefined;
  if (state !== 'disconnected') return;
  const wait = room.context.settings.iceFailureSeconds * 1000;
  entry.cancelIceFailure = room.context.clock.after(wait, () =>
    entry.peer.closeTransport(entry, 'ice_failed'),
  );
}
