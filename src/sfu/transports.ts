import type { types } from 'mediasoup';
import { SfuError } from '../errors.ts';
import type { TransportEnd } from './events.ts';
import { adopt, mediaCall } from './media-call.ts';
import type { Peer, PeerTransport } from './peer.ts';
import type { Room } from './room.ts';
import type { RoomRouter } from './routers.ts';

export interface TransportRequest {
  producing: boolean;
  consuming: boolean;
  /** Offers TCP candidates only, for networks that are known to drop UDP. */
  forceTcp: boolean;
}

/** Opens a transport for a peer. Needs no join, so that a client can prepare. @throws SfuError limit_reached, gone */
export async function openTransport(
  room: Room,
  peer: Peer,
  request: TransportRequest,
): Promise<PeerTransport> {
  const { maxTransportsPerPeer } = room.context.settings;
  if (peer.transports.size >= maxTransportsPerPeer) {
    throw new SfuError(
      'limit_reached',
      `a peer may have ${maxTransportsPerPeer} transports; use those that you have`,
    );
  }
  const roomRouter = peer.router ?? (await room.routers.place());
  const transport = await mediaCall(roomRouter.router, 'opening a transport', () =>
    create(room, roomRouter, request),
  );
  adopt(transport, !peer.closed && (!peer.router || peer.router === roomRouter), 'the transport');
  peer.router = roomRouter;
  const { producing, consuming } = request;
  const openedAt = room.context.clock.now();
  const entry: PeerTransport = { transport, producing, consuming, openedAt, connectRequested: false };
  peer.transports.set(transport.id, entry);
  follow(room, peer, entry);
  room.events.emit('transportOpened', { ...peer.ref, transportId: transport.id, producing, consuming });
  return entry;
}

/** Gives the client's side of DTLS. @throws SfuError wrong_state the second time */
export async function connectTransport(
  entry: PeerTransport,
  dtlsParameters: types.DtlsParameters,
): Promise<void> {
  if (entry.connectRequested) {
    throw new SfuError(
      'wrong_state',
      'this transport has its DTLS parameters already; to reconnect, restart ICE',
    );
  }
  entry.connectRequested = true;
  await mediaCall(entry.transport, 'connecting the transport', () =>
    entry.transport.connect({ dtlsParameters }),
  ).catch((error: unknown) => {
    // Refused parameters leave the transport as it was: the client may send better ones.
    entry.connectRequested = false;
    throw error;
  });
}

/** New ICE credentials for a client whose network changed (RFC 8445, section 2.4). */
export async function restartIce(entry: PeerTransport): Promise<types.IceParameters> {
  return await mediaCall(entry.transport, 'restarting ICE', () => entry.transport.restartIce());
}

/** Ends a transport and all that it carries; those who watch the peer are told why. */
export function closeTransport(entry: PeerTransport, reason: TransportEnd): void {
  entry.ending ??= reason;
  entry.transport.close();
}

/**
 * The ICE candidates for the client. A worker's socket is one, whatever the number of addresses under which it can be
 * reached: each further announced address gets a copy of every candidate, of a lower priority (RFC 8445, section 5.1.2).
 */
export function iceCandidates(room: Room, { transport }: PeerTransport): types.IceCandidate[] {
  const own = transport.iceCandidates;
  const [, ...others] = room.context.settings.announcedAddresses ?? [];
  const copies = others.flatMap((address, index) =>
    own.map((candidate) => ({
      ...candidate,
      ip: address,
      address,
      foundation: `${candidate.foundation}${index + 1}`,
      priority: candidate.priority - 1 - index,
    })),
  );
  return [...own, ...copies];
}

async function create(
  room: Room,
  { router, live }: RoomRouter,
  request: TransportRequest,
): Promise<types.WebRtcTransport> {
  const { initialOutgoingBitrate, maxIncomingBitrate, maxOutgoingBitrate } = room.context.settings;
  const transport = await router.createWebRtcTransport({
    webRtcServer: live.webRtcServer,
    enableUdp: !request.forceTcp,
    enableTcp: true,
    preferUdp: true,
    // Data channels cost nothing until they are used, and old clients cannot ask for them later.
    enableSctp: true,
    initialAvailableOutgoingBitrate: initialOutgoingBitrate,
  });
  if (request.producing && maxIncomingBitrate > 0) await transport.setMaxIncomingBitrate(maxIncomingBitrate);
  if (request.consuming && maxOutgoingBitrate > 0) await transport.setMaxOutgoingBitrate(maxOutgoingBitrate);
  return transport;
}

function follow(room: Room, peer: Peer, entry: PeerTransport): void {
  const { transport } = entry;
  const ref = { ...peer.ref, transportId: transport.id };
  transport.on('icestatechange', (state) => {
    const protocol = transport.iceSelectedTuple?.protocol;
    room.events.emit('transportIceState', { ...ref, state, protocol });
    watchIce(room, entry, state);
  });
  transport.on('dtlsstatechange', (state) => {
    room.events.emit('transportDtlsState', { ...ref, state });
    if (state === 'connected') connected(room, peer, entry);
    if (state === 'failed') closeTransport(entry, 'dtls_failed');
    if (state === 'closed') closeTransport(entry, 'dtls_closed');
  });
  transport.on('sctpstatechange', (state) => room.events.emit('transportSctpState', { ...ref, state }));
  transport.on('routerclose', () => {
    entry.ending ??= 'router_closed';
  });
  transport.observer.once('close', () => {
    entry.cancelIceFailure?.();
    peer.transports.delete(transport.id);
    room.events.emit('transportClosed', { ...ref, reason: entry.ending ?? 'router_closed' });
  });
}

function connected(room: Room, peer: Peer, entry: PeerTransport): void {
  entry.connectedAt = room.context.clock.now();
  const duration = entry.connectedAt - entry.openedAt;
  room.events.emit('transportConnected', { ...peer.ref, transportId: entry.transport.id, duration });
}

/** A client that lost its network may come back by an ICE restart; after a while the transport is given up. */
function watchIce(room: Room, entry: PeerTransport, state: types.IceState): void {
  entry.cancelIceFailure?.();
  entry.cancelIceFailure = undefined;
  if (state !== 'disconnected') return;
  const wait = room.context.settings.iceFailureSeconds * 1000;
  entry.cancelIceFailure = room.context.clock.after(wait, () => closeTransport(entry, 'ice_failed'));
}
