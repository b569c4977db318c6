import { SfuError } from '../../core/errors.ts';
import type { Peer } from './peer.ts';
import type { Room } from './room.ts';

/** Gives a peer another name. @throws SfuError forbidden, wrong_state */
export function rename(room: Room, peer: Peer, displayName: string): void {
  peer.requireJoined();
  if (peer.identity.displayName !== undefined) {
    throw new SfuError(
      'forbidden',
      'your name is set by your token and cannot be changed; ask for another token',
    );
  }
  const oldDisplayName = peer.displayName;
  peer.displayName = displayName;
  room.events.emit('peerRenamed', { ...peer.ref, displayName, oldDisplayName, hidden: peer.hidden });
}
