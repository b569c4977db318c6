import { lowerHand } from '../sfu/rooms/hands.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type * as targets from '../sfu/targets.ts';

/** Lowers the hand of one peer, or every hand in a room. @returns how many were raised. @throws SfuError not_found */
export function lowerHandsOf(
  sfu: Sfu,
  { roomId, peerId, by }: targets.RoomTarget & { readonly peerId?: string },
): number {
  const room = sfu.room(roomId);
  const peers = peerId === undefined ? [...room.peers.values()] : [sfu.peer(roomId, peerId)];
  return peers.filter((peer) => lowerHand(room, peer, by)).length;
}
