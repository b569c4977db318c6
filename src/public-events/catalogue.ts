import type { PublicEventType } from '../core/public-events.ts';
import type { SfuEventName, SfuEvents } from '../sfu/events.ts';

type Published = readonly [type: PublicEventType, data: Readonly<Record<string, unknown>>];
type Publisher<N extends SfuEventName> = (data: SfuEvents[N]) => readonly Published[];

const one =
  <N extends SfuEventName>(type: PublicEventType): Publisher<N> =>
  (data) => [[type, data as unknown as Readonly<Record<string, unknown>>]];

/** The public events that a domain event becomes. One that is not here is not published. */
const publishers: { readonly [N in SfuEventName]?: Publisher<N> } = {
  roomOpened: one('room_started'),
  roomChanged: one('room_changed'),
  roomLocked: ({ locked, ...rest }) => [[locked ? 'room_locked' : 'room_unlocked', rest]],
  roomClosed: one('room_finished'),
  peerJoined: one('peer_joined'),
  peerRenamed: one('peer_renamed'),
  peerPermissionsChanged: one('peer_permissions_changed'),
  peerMetadataChanged: one('peer_metadata_changed'),
  peerAttributesChanged: one('peer_attributes_changed'),
  // A peer that left before it joined was never there for others.
  peerLeft: ({ joined, rejoining: _rejoining, standing: _standing, ...rest }) => [
    ...(joined ? [['peer_left', rest] as const] : []),
    ...(rest.reason === 'removed' ? [['peer_removed', rest] as const] : []),
  ],
  peerMediaFailed: one('peer_media_failed'),
  producerOpened: one('producer_opened'),
  producerPaused: one('producer_paused'),
  producerResumed: one('producer_resumed'),
  producerClosed: one('producer_closed'),
  consumerOpened: one('consumer_opened'),
  consumerClosed: one('consumer_closed'),
  dataProducerOpened: one('data_producer_opened'),
  dataProducerClosed: one('data_producer_closed'),
  activeSpeaker: one('active_speaker'),
  drainStarted: one('node_draining'),
  drainCancelled: one('node_drain_cancelled'),
  drainEnded: one('node_drained'),
  workerStarted: one('worker_started'),
  workerDied: one('worker_died'),
};

/** The domain events that are published. */
export const publishedEvents = Object.keys(publishers) as readonly SfuEventName[];

/** The public events that a domain event becomes: none, one, or several. */
export function publicEventsOf<N extends SfuEventName>(name: N, data: SfuEvents[N]): readonly Published[] {
  return publishers[name]?.(data) ?? [];
}
