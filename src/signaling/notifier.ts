import type { PeerRef } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Room } from '../sfu/rooms/room.ts';
import type { Connection } from './connection.ts';
import type { NotificationData, NotificationName } from './messages.ts';
import { notificationText } from './texts.ts';

export interface NotifierOptions {
  rooms: ReadonlyMap<string, Room>;
  connectionOf: (peer: Peer) => Connection | undefined;
}

/** What is true for a moment only, and is not kept for a client whose socket is cut. */
const momentary: ReadonlySet<NotificationName> = new Set(['speakingPeers', 'peerReaction']);

/** Names a peer. */
export type Who = { readonly roomId: string; readonly peerId: string };

/** Sends notifications to those whom they concern, as far as their clients know them. */
export class Notifier {
  constructor(private readonly options: NotifierOptions) {}

  one<N extends NotificationName>({ roomId, peerId }: Who, name: N, data: NotificationData<N>): void {
    const peer = this.options.rooms.get(roomId)?.peers.get(peerId);
    if (peer) this.options.connectionOf(peer)?.notify(name, data);
  }

  /**
   * A notification on which the call depends. A client that does not know it is disconnected, for it comes back by itself
   * and builds everything again.
   */
  needed<N extends NotificationName>(who: PeerRef, name: N, data: NotificationData<N>, detail: string): void {
    const { rooms, connectionOf } = this.options;
    const room = rooms.get(who.roomId);
    const peer = room?.peers.get(who.peerId);
    const connection = peer && connectionOf(peer);
    if (!room || !connection || peer.sessionId !== who.sessionId) return;
    if (connection.knows(name)) connection.notify(name, data);
    else room.removePeer(peer, 'rejoin', { detail });
  }

  /** Everyone who has joined, but for one. The text is written once. */
  room<N extends NotificationName>(roomId: string, name: N, data: NotificationData<N>, but?: string): void {
    this.some(roomId, name, data, (peer) => peer.id !== but);
  }

  some<N extends NotificationName>(
    roomId: string,
    name: N,
    data: NotificationData<N>,
    chosen: (peer: Peer) => boolean,
  ): void {
    const room = this.options.rooms.get(roomId);
    if (!room) return;
    let text: string | undefined;
    for (const peer of room.peers.values()) {
      if (!peer.joined || !chosen(peer)) continue;
      const connection = this.options.connectionOf(peer);
      if (!connection?.knows(name) || (momentary.has(name) && !connection.listens)) continue;
      text ??= notificationText(name, data);
      connection.sendText(text);
    }
  }

  /** Every connection of the node. */
  node<N extends NotificationName>(name: N, data: () => NotificationData<N>): void {
    for (const room of this.options.rooms.values()) {
      for (const peer of room.peers.values()) this.options.connectionOf(peer)?.notify(name, data());
    }
  }
}
