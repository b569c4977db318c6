import { Type } from '@sinclair/typebox';
import type { Actor } from '../sfu/events.ts';
import type { Peer } from '../sfu/rooms/peer.ts';

/** Characters of a reason that are kept. */
export const longestReason = 200;

/** Why a moderator does something. The one whom it concerns reads it, and so do those who read the audit log. */
export const Reason = Type.Optional(Type.String({ maxLength: longestReason }));

/** The peer as the one who asks for an action of moderation. */
export function actorOf({ id, identity }: Peer): { by: Actor; address: string } {
  return { by: { kind: 'moderator', id }, address: identity.address };
}
