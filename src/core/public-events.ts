/**
 * The events that programs receive, by webhook and on the control socket. The names are stable.
 * src/public-events/catalogue.ts says which domain event becomes which of them, docs/webhooks.md what each means.
 */
export const publicEventTypes = [
  'room_started',
  'room_changed',
  'room_locked',
  'room_unlocked',
  'room_finished',
  'peer_joined',
  'peer_renamed',
  'peer_permissions_changed',
  'peer_metadata_changed',
  'peer_attributes_changed',
  'peer_left',
  'peer_removed',
  'peer_media_failed',
  'producer_opened',
  'producer_paused',
  'producer_resumed',
  'producer_closed',
  'consumer_opened',
  'consumer_closed',
  'data_producer_opened',
  'data_producer_closed',
  'active_speaker',
  'node_draining',
  'node_drain_cancelled',
  'node_drained',
  'worker_started',
  'worker_died',
] as const;
export type PublicEventType = (typeof publicEventTypes)[number];

/** The types that a pattern matches: a type itself, or a prefix with a star such as `room_*`. May be empty. */
export function typesMatching(pattern: string): readonly PublicEventType[] {
  const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
  return publicEventTypes.filter((type) =>
    prefix === undefined ? type === pattern : type.startsWith(prefix),
  );
}
