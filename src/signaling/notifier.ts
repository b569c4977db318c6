import type { PeerRef } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Broadcast } from '../wire/broadcast.ts';
import type { Connection } from './connection.ts';
import type { SignalingCounts } from './counts.ts';
import { type GroupName, type Groups, topicOf } from './groups.ts';
import type { NotificationData, NotificationName } from './messages.ts';
import { notificationText } from './texts.ts';

export interface NotifierOptions {
  rooms: ReadonlyMap<string, Room>;
  connectionOf: (peer: Peer) => Connection | undefined;
  groups: Groups;
  broadcast: Pick<Broadcast, 'send'>;
  counts: SignalingCounts;
}

/** What is true for a moment only, and is not kept for a client whose socket is cut. */
const momentary: ReadonlySet<NotificationName> = new Set(['speakingPeers', 'peerReaction']);

/** Names a peer, and one of its sessions where it may have several for a moment: it moves. */
export type Who = { readonly roomId: string; readonly peerId: string; readonly sessionId?: string };

/** Sends notifications to those whom they concern, as far as their clients know them. */
export class Notifier {
  constructor(private readonly options: NotifierOptions) {}

  one<N extends NotificationName>(who: Who, name: N, data: NotificationData<N>): void {
    const peer = this.#find(who);
    if (peer) this.options.connectionOf(peer)?.notify(name, data);
  }

  /**
   * A notification on which the call depends. A client that does not know it is disconnected, for it comes back by itself
   * and builds everything again.
   */
  needed<N extends NotificationName>(who: PeerRef, name: N, data: NotificationData<N>, detail: string): void {
    const { rooms, connectionOf } = this.options;
    const room = rooms.get(who.roomId);
    const peer = this.#find(who);
    const connection = peer && connectionOf(peer);
    if (!room || !connection) return;
    if (connection.knows(name)) connection.notify(name, data);
    else room.removePeer(peer, 'rejoin', { detail });
  }

  /** Everyone who has joined. The text is written once. */
  room<N extends NotificationName>(roomId: string, name: N, data: NotificationData<N>): void {
    this.together(roomId, name, data);
    this.group(roomId, 'apart', name, data);
  }

  /** Those who are told of the others together: one text, which is published to all of them. */
  together<N extends NotificationName>(roomId: string, name: N, data: NotificationData<N>): void {
    const connections = this.options.groups.of(roomId)?.together;
    if (!connections || connections.size === 0) return;
    const text = notificationText(name, data);
    this.options.broadcast.send(topicOf(roomId), text);
    const kept = !momentary.has(name);
    this.options.counts.notifications += connections.size;
    for (const { outlet } of connections.values()) outlet.published(text, { kept });
  }

  /** A group of those who have joined, but for one. */
  group<N extends NotificationName>(
    roomId: string,
    group: GroupName,
    name: N,
    data: NotificationData<N>,
    but?: string,
  ): void {
    let text: string | undefined;
    for (const [peer, connection] of this.options.groups.of(roomId)?.[group] ?? []) {
      if (peer.id === but || !connection.knows(name) || (momentary.has(name) && !connection.listens))
        continue;
      text ??= notificationText(name, data);
      connection.sendText(text);
    }
  }

  /** Every connection of the node. */
  node<N extends NotificationName>(name: N, data: (connection: Connection) => NotificationData<N>): void {
    for (const room of this.options.rooms.values()) {
      for (const peer of room.peers.values()) {
        const connection = this.options.connectionOf(peer);
        if (connection) connection.notify(name, data(connection));
      }
    }
  }

  #find({ roomId, peerId, sessionId }: Who): Peer | undefined {
    const room = this.options.rooms.get(roomId);
    const peer = room?.peers.get(peerId);
    if (sessionId === undefined || peer?.sessionId === sessionId) return peer;
    return room?.passages.get(sessionId);
  }
}
