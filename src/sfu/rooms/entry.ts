import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import type { Peer } from './peer.ts';
import type { RemotePeer } from './remote-peer.ts';

/** The room that somebody wants to enter. */
interface Entrance {
  readonly peers: ReadonlyMap<string, Peer>;
  /** Those on other nodes. */
  readonly remote: ReadonlyMap<string, RemotePeer> | undefined;
  readonly locked: boolean;
  readonly maxPeers: number;
}

/**
 * Refuses somebody who may not enter a room now. Who is in it already, on whatever node, may come again.
 * @throws SfuError room_locked, room_full, and wrong_state for a program whose peer id somebody else has
 */
export function refuseEntry({ peers, remote, locked, maxPeers }: Entrance, identity: Identity): void {
  const { peerId, program, grants } = identity;
  const elsewhere = remote?.get(peerId)?.share;
  const older = peers.get(peerId)?.identity ?? (elsewhere && { program: elsewhere.program ?? undefined });
  if (older && program !== undefined && older.program !== program)
    throw new SfuError('wrong_state', `"${peerId}" is somebody else in this room; take another id`);
  if (older || grants.moderate) return;
  if (locked) {
    throw new SfuError(
      'room_locked',
      'a moderator locked this room; ask a moderator to unlock it and connect again',
    );
  }
  if (peers.size + (remote?.size ?? 0) >= maxPeers)
    throw new SfuError('room_full', `the room has ${maxPeers} peers, which is its limit; try again later`);
}
