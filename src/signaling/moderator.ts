import type { Actor } from '../core/actors.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

/** The peer as the one who asks for an action of moderation. */
export function actorOf({ id, identity }: Peer): { by: Actor; address: string } {
  return { by: { kind: 'moderator', id }, address: identity.address };
}
