import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { PanelContext } from '../panel/panel.ts';

/** The peers of a room by what a page looks for. */
export interface RoomIndex {
  readonly byId: ReadonlyMap<string, PeerSnapshot>;
  readonly bySubject: ReadonlyMap<string, readonly PeerSnapshot[]>;
}

const known = new WeakMap<RoomSnapshot, RoomIndex>();

/** A peer of a room, as the page shows it. */
export function peerOf({ monitor }: PanelContext, roomId: string, peerId: string): PeerSnapshot | undefined {
  const room = monitor.room(roomId);
  return room && indexOf(room).byId.get(peerId);
}

/**
 * Made once for each snapshot, which does not change and is shared by all viewers: with a walk of its own for each card a
 * page of a large room would cost hundreds of times its peers.
 */
export function indexOf(room: RoomSnapshot): RoomIndex {
  const made = known.get(room);
  if (made) return made;
  const index = {
    byId: new Map(room.peers.map((peer) => [peer.id, peer])),
    bySubject: Map.groupBy(room.peers, ({ subject }) => subject),
  };
  known.set(room, index);
  return index;
}
