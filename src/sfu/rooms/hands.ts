import type { Actor } from '../../core/actors.ts';
import { SfuError } from '../../core/errors.ts';
import type { Reaction } from '../../core/reactions.ts';
import { list } from './attendance.ts';
import type { Peer } from './peer.ts';
import type { Room } from './room.ts';

/** Raises the hand of a peer, which makes one of the audience known. One that is raised keeps its place in the queue. @throws SfuError forbidden */
export function raiseHand(room: Room, peer: Peer): void {
  requireSeen(peer);
  if (peer.handRaisedAt !== null) return;
  list(room, peer);
  peer.handRaisedAt = room.context.clock.now();
  const by = { kind: 'peer', id: peer.id } as const;
  room.events.emit('peerHand', { ...peer.ref, raisedAt: peer.handRaisedAt, by });
}

/** @returns whether it was raised */
export function lowerHand(room: Room, peer: Peer, by: Actor): boolean {
  if (peer.handRaisedAt === null) return false;
  peer.handRaisedAt = null;
  room.events.emit('peerHand', { ...peer.ref, raisedAt: null, by });
  return true;
}

/** Shows everyone a reaction of a peer. @throws SfuError forbidden */
export function react(room: Room, peer: Peer, reaction: Reaction): void {
  requireSeen(peer);
  room.events.emit('peerReacted', { ...peer.ref, reaction });
  room.mesh?.sendReaction(peer, reaction);
}

function requireSeen(peer: Peer): void {
  if (peer.hidden)
    throw new SfuError(
      'forbidden',
      'you take part unseen, so nobody could tell whose it is; ask for a token that is not hidden',
    );
}
