import type { PublicEventType } from '../core/public-events.ts';

/** Events that several nodes may tell: their ids are the same on all of them. */
export type SharedType = 'room_started' | 'room_finished' | 'peer_left' | 'peer_removed';
export const sharedTypes: ReadonlySet<PublicEventType> = new Set<SharedType>([
  'room_started',
  'room_finished',
  'peer_left',
  'peer_removed',
]);

/**
 * The id of an event that several nodes may tell: the same on all of them. A session is one stay of a peer, with an id
 * that no other stay has.
 */
export function sharedKey(type: PublicEventType, roomLife: string, sessionId = ''): string {
  const text = JSON.stringify([roomLife, type, sessionId]);
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url').slice(0, 22);
}
