import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import type { PeerRef } from '../events.ts';
import type { Peer } from './peer.ts';
import type { Room } from './room.ts';

export type Fits = (identity: Identity, connectedAt: number) => boolean;

/** Where to look: those of one room, or of one subject, are found without a look at everyone. */
export interface Among {
  readonly roomId?: string | null;
  readonly subject?: string;
}

/** The peers whose identity fits, those that are moving among them. */
export function findPeers(
  rooms: ReadonlyMap<string, Room>,
  fits: Fits,
  { roomId = null, subject }: Among = {},
): PeerRef[] {
  const wanted = roomId === null ? [...rooms.values()] : [rooms.get(roomId) ?? []].flat();
  const peers = wanted.flatMap((room) => (subject === undefined ? room.everyone : room.peersOf(subject)));
  return peers.filter(({ identity, connectedAt }) => fits(identity, connectedAt)).map(({ ref }) => ref);
}

/** A peer, also one that is moving. @throws SfuError not_found */
export function findPeer({ id: roomId, peers, passages }: Room, peerId: string): Peer {
  const found = peers.get(peerId) ?? [...passages.values()].find(({ id }) => id === peerId);
  if (found) return found;
  throw new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
}

/** Whether a stay goes on, also that of a peer that is moving. */
export function isThere(rooms: ReadonlyMap<string, Room>, { roomId, peerId, sessionId }: PeerRef): boolean {
  const { peers, passages } = rooms.get(roomId) ?? {};
  return peers?.get(peerId)?.sessionId === sessionId || passages?.has(sessionId) === true;
}
