import { isFailure } from '../core/ends.ts';
import type { SfuBus } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Attachments } from './app-data.ts';
import type { Connection } from './connection.ts';
import type { Received } from './media.ts';

export interface FollowOptions {
  readonly events: SfuBus;
  /** What happens on other nodes. */
  readonly remoteEvents: RemoteBus;
  readonly rooms: ReadonlyMap<string, Room>;
  readonly connections: ReadonlyMap<Peer, Connection>;
  readonly attachments: Attachments;
}

type Who = { readonly roomId: string; readonly peerId: string };

/** Tells clients of the old protocol what concerns them. @returns a function that stops it */
export function followDomain(options: FollowOptions): () => void {
  const stops = [
    ...followPeers(options),
    ...followTransports(options),
    ...followProducers(options),
    ...followConsumers(options),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function connectionOf(
  { rooms, connections }: FollowOptions,
  { roomId, peerId }: Who,
): Connection | undefined {
  const peer = rooms.get(roomId)?.peers.get(peerId);
  return peer && connections.get(peer);
}

/** Every connection in a room but that of one peer. */
function inRoom({ rooms, connections }: FollowOptions, { roomId, peerId }: Who): Connection[] {
  if (connections.size === 0) return [];
  const room = rooms.get(roomId);
  const isOther = (peer: Peer) => peer.id !== peerId && room?.peers.get(peer.id) === peer;
  return [...connections].flatMap(([peer, connection]) => (isOther(peer) ? connection : []));
}

function followPeers(options: FollowOptions) {
  const { events, remoteEvents, rooms, attachments } = options;
  const came = (who: Who, peer: Peer | RemotePeer | undefined) => {
    if (!peer || peer.hidden) return;
    for (const { view } of inRoom(options, who)) view.peerJoined(peer);
  };
  const here = (who: Who) => came(who, rooms.get(who.roomId)?.peers.get(who.peerId));
  const elsewhere = (who: Who) => came(who, rooms.get(who.roomId)?.mesh?.roster.peers.get(who.peerId));
  const left = (who: Who, appData: unknown) => {
    for (const { view } of inRoom(options, who)) view.peerLeft(who.peerId, appData);
  };
  return [
    events.on('peerJoined', here),
    events.on('peerRejoined', here),
    events.on('peerLeft', (who) => left(who, attachments.ofLeaving(who.sessionId))),
    remoteEvents.on('remotePeerJoined', elsewhere),
    remoteEvents.on('remotePeerLeft', (who) => left(who, undefined)),
  ];
}

/**
 * Whether the client closed its side of a transport: a DTLS alert says so, before or after its `closeTransport` or `leave`.
 * It need not be notified of what ended with it, and after `leave` the library takes no notifications.
 */
function closedByClient({ media }: Connection, transportId: string): boolean {
  const id = media.transportNumber(transportId);
  return id !== undefined && media.transport(id).ending === 'dtls_closed';
}

function followTransports(options: FollowOptions) {
  const { events, rooms } = options;
  return [
    events.on('transportClosed', ({ transportId, reason, ...who }) => {
      const connection = connectionOf(options, who);
      const id = connection?.media.transportNumber(transportId);
      if (!connection || id === undefined || closedByClient(connection, transportId)) return;
      connection.statistics.stop(connection.media.transport(id));
      connection.media.forgetTransport(id);
      connection.notify('transportClosed', { id });
      // The library cannot mend a connection that failed, but its application connects again.
      const room = rooms.get(who.roomId);
      const peer = room?.peers.get(who.peerId);
      if (room && peer && isFailure(reason))
        room.removePeer(peer, 'rejoin', { detail: `a connection of your media failed (${reason})` });
    }),
  ];
}

function followProducers(options: FollowOptions) {
  const { events } = options;
  return [
    events.on('producerPaused', ({ producerId, by, ...who }) => {
      const connection = connectionOf(options, who);
      const sent = connection?.media.sentAs(producerId);
      if (!connection || !sent || by.kind === 'peer' || sent.toldPaused) return;
      sent.toldPaused = true;
      connection.notify('producerPaused', { id: sent.id });
    }),
    events.on('producerClosed', ({ producerId, ...who }) => {
      const connection = connectionOf(options, who);
      const sent = connection?.media.sentAs(producerId);
      if (!connection || !sent || closedByClient(connection, sent.publication.transportId)) return;
      connection.statistics.stop(sent);
      connection.media.sent.delete(sent.id);
      connection.notify('producerClosed', { id: sent.id });
    }),
  ];
}

function followConsumers(options: FollowOptions) {
  const { events } = options;
  const find = ({ consumerId, ...who }: Who & { consumerId: string }) => {
    const connection = connectionOf(options, who);
    const received = connection?.media.receivedAs(consumerId);
    return connection && received && { connection, received };
  };
  const changed = (of: Who & { consumerId: string }, change: (received: Received) => void) => {
    const found = find(of);
    if (!found) return;
    change(found.received);
    found.connection.view.tellPause(found.received);
  };
  return [
    events.on('consumerPaused', ({ by, ...of }) =>
      changed(of, (received) => {
        received.held ||= by === 'moderator';
      }),
    ),
    events.on('consumerResumed', ({ by, ...of }) =>
      changed(of, (received) => {
        received.held &&= by === 'producer';
      }),
    ),
    events.on('consumerLayers', (of) => {
      const found = find(of);
      found?.connection.view.tellProfile(found.received);
    }),
    events.on('consumerClosed', (of) => {
      const found = find(of);
      if (!found) return;
      const { connection, received } = found;
      if (closedByClient(connection, received.subscription.transportId)) return;
      connection.statistics.stop(received);
      connection.view.consumerClosed(received);
    }),
  ];
}
