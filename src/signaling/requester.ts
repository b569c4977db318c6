import type { Actor } from '../core/actors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

/** A peer that moderates, as the requester of a command. */
export function requesterOf({ id, identity }: Peer): { by: Actor; address: string } {
  return { by: { kind: 'moderator', id }, address: identity.address };
}
