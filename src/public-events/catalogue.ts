import type { PublicEventType } from '../core/public-events.ts';
import type { SfuEventName, SfuEvents } from '../sfu/events.ts';

type Told = readonly [type: PublicEventType, data: Readonly<Record<string, unknown>>];
type Teller<N extends SfuEventName> = (data: SfuEvents[N]) => readonly Told[];

const one =
  <N extends SfuEventName>(type: PublicEventType): Teller<N> =>
  (data) => [[type, data as unknown as Readonly<Record<string, unknown>>]];

/** Which domain event is told as what. A domain event that is not here stays inside. */
const tellers: { readonly [N in SfuEventName]?: Teller<N> } = {
  roomOpened: one('room_started'),
  roomChanged: one('room_changed'),
  roomLocked: ({ locked, ...rest }) => [[locked ? 'room_locked' : 'room_unlocked', rest]],
  roomClosed: one('room_finished'),
  peerJoined: one('peer_joined'),
  peerRenamed: one('peer_renamed'),
  peerPermissionsChanged: one('peer_permissions_changed'),
  peerMetadataChanged: one('peer_metadata_changed'),
  // Whoever left before joining was never there for anybody.
  peerLeft: ({ joined, ...rest }) => [
    ...(joined ? [['peer_left', rest] as const] : []),
    ...(rest.reason === 'removed' ? [['peer_removed', rest] as const] : []),
  ],
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

/** The domain events of which programs are told. */
export const toldEvents = Object.keys(tellers) as readonly SfuEventName[];

/** What programs are told of a domain event: nothing, one thing, or several. */
export function publicEventsOf<N extends SfuEventName>(name: N, data: SfuEvents[N]): readonly Told[] {
  return tellers[name]?.(data) ?? [];
}
