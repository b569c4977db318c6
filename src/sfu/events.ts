import type { types } from 'mediasoup';
import type { Actor } from '../core/actors.ts';
import type { ConsumerEnd, PeerEnd, ProducerEnd, RejoinReason, RoomEnd, TransportEnd } from '../core/ends.ts';
import type { Logger } from '../core/log.ts';
import type { Source } from '../core/sources.ts';

/** Names a peer in its room, and which of its stays there. */
export interface PeerRef {
  readonly roomId: string;
  readonly peerId: string;
  readonly sessionId: string;
}

interface ProducerRef extends PeerRef {
  readonly producerId: string;
  readonly kind: types.MediaKind;
  readonly source: Source;
}

interface ConsumerRef extends PeerRef {
  readonly consumerId: string;
  readonly producerId: string;
  readonly producerPeerId: string;
  readonly kind: types.MediaKind;
}

export interface Volume {
  readonly peerId: string;
  readonly producerId: string;
  /** dBov, from -127 (silent) to 0 (loudest), RFC 6464. */
  readonly volume: number;
}

/**
 * Everything that happens, as facts told after the state has changed. Notifications, metrics, the admin page and
 * webhooks subscribe; nobody calls them. Durations are milliseconds.
 */
export interface SfuEvents {
  workerStarted: { workerIndex: number; pid: number; restart: boolean };
  workerDied: { workerIndex: number; pid: number; cause: string };
  workerFailed: { workerIndex: number; cause: string };

  roomOpened: { roomId: string; workerIndex: number };
  roomSpread: { roomId: string; workerIndex: number };
  roomChanged: { roomId: string; by: Actor };
  roomLocked: { roomId: string; locked: boolean; by: Actor };
  roomNotice: { roomId: string; message: string; by: Actor };
  roomClosed: { roomId: string; reason: RoomEnd; duration: number; by: Actor };

  peerConnected: PeerRef & { address: string; hidden: boolean };
  peerJoined: PeerRef & { displayName: string; hidden: boolean; duration: number };
  peerRenamed: PeerRef & { displayName: string; oldDisplayName: string; hidden: boolean };
  peerRejoin: PeerRef & { reason: RejoinReason; joined: boolean; hidden: boolean };
  peerPermissionsChanged: PeerRef & { publish: boolean | readonly Source[]; by: Actor };
  peerMetadataChanged: PeerRef & { metadata: Readonly<Record<string, unknown>>; by: Actor };
  peerNotice: PeerRef & { message: string; by: Actor };
  peerLeft: PeerRef & {
    reason: PeerEnd;
    detail: string;
    joined: boolean;
    hidden: boolean;
    duration: number;
    by: Actor;
  };

  transportOpened: PeerRef & { transportId: string; producing: boolean; consuming: boolean };
  transportIceState: PeerRef & {
    transportId: string;
    state: types.IceState;
    protocol?: types.TransportProtocol;
  };
  transportDtlsState: PeerRef & { transportId: string; state: types.DtlsState };
  transportSctpState: PeerRef & { transportId: string; state: types.SctpState };
  /** The first time that a transport carries media: since it was opened. */
  transportConnected: PeerRef & { transportId: string; duration: number };
  /** What a receiving transport could use, and what its client's network gives; bits a second, at most one a second. */
  transportBandwidth: PeerRef & {
    transportId: string;
    desired: number;
    effectiveDesired: number;
    available: number;
  };
  /** `course` is how far it came: `unused` was never asked to connect, `never_connected` was, in vain. */
  transportClosed: PeerRef & {
    transportId: string;
    reason: TransportEnd;
    course: 'unused' | 'never_connected' | 'connected';
  };

  producerOpened: ProducerRef & { paused: boolean; codec: string };
  producerPaused: ProducerRef & { by: Actor };
  producerResumed: ProducerRef & { by: Actor };
  /** A moderator's mute ended: the peer may resume, and has not yet. */
  producerAllowed: ProducerRef & { by: Actor };
  producerScore: ProducerRef & { score: types.ProducerScore[] };
  producerClosed: ProducerRef & { reason: ProducerEnd; by: Actor };

  consumerOpened: ConsumerRef & { type: types.ConsumerType; codec: string };
  consumerPaused: ConsumerRef & { by: 'producer' | 'peer' | 'moderator' };
  consumerResumed: ConsumerRef & { by: 'producer' | 'peer' | 'moderator' };
  consumerScore: ConsumerRef & { score: types.ConsumerScore };
  consumerLayers: ConsumerRef & { layers: types.ConsumerLayers | undefined };
  consumerClosed: ConsumerRef & { reason: ConsumerEnd };

  dataProducerOpened: PeerRef & { dataProducerId: string; label: string };
  dataProducerClosed: PeerRef & { dataProducerId: string; reason: ProducerEnd };
  dataConsumerOpened: PeerRef & { dataConsumerId: string; dataProducerId: string; label: string };
  dataConsumerClosed: PeerRef & { dataConsumerId: string; dataProducerId: string; reason: ConsumerEnd };

  activeSpeaker: { roomId: string; peerId: string | null; volume: number | null };
  speakingPeers: { roomId: string; volumes: readonly Volume[] };

  drainStarted: { deadline: number; by: Actor };
  drainCancelled: { by: Actor };
  drainEnded: { remainingPeers: number };

  /** One message of a client, answered. Notifications of clients have no reply but are told here too. */
  requestHandled: { method: string; result: 'ok' | string; duration: number; roomId: string; peerId: string };
  /** A connection that was not let in; `code` is one of errors.ts. */
  connectionRefused: { code: string; roomId: string };
  socketOpened: { roomId: string; peerId: string };
  socketClosed: { roomId: string; peerId: string; code: number; duration: number };
  /** A socket was dropped by the server for its own behaviour. */
  socketDropped: { cause: 'flood' | 'backpressure' | 'invalid'; roomId: string; peerId: string };
}

export type SfuEventName = keyof SfuEvents;
/** One event with its name, for those who take all of them. */
export type SfuEvent = {
  [N in SfuEventName]: { readonly name: N; readonly data: SfuEvents[N] };
}[SfuEventName];

type Subscriber = (data: never) => void;
type AnySubscriber = {
  readonly listener: (event: SfuEvent) => void;
  readonly but: ReadonlySet<SfuEventName>;
};

/** Hands events to their subscribers at once and in order. A subscriber that throws disturbs nobody else. */
export class EventBus {
  readonly #listeners = new Map<SfuEventName, Set<Subscriber>>();
  readonly #everything = new Set<AnySubscriber>();
  /** Whom an event goes to, as it was found out at its first emission. A change of subscribers makes it anew. */
  readonly #routes = new Map<SfuEventName, readonly Subscriber[]>();

  constructor(private readonly log: Logger) {}

  /** @returns a function that ends the subscription. */
  on<N extends SfuEventName>(name: N, listener: (data: SfuEvents[N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    this.#routes.delete(name);
    return () => {
      listeners.delete(listener);
      this.#routes.delete(name);
    };
  }

  /** Subscribes to every event but those named. @returns a function that ends the subscription. */
  onAny(listener: (event: SfuEvent) => void, but: ReadonlySet<SfuEventName> = new Set()): () => void {
    const subscriber = { listener, but };
    this.#everything.add(subscriber);
    this.#routes.clear();
    return () => {
      this.#everything.delete(subscriber);
      this.#routes.clear();
    };
  }

  emit<N extends SfuEventName>(name: N, data: SfuEvents[N]): void {
    // Written without closures: this runs for every message of every client.
    for (const listener of this.#routes.get(name) ?? this.#layRoute(name)) {
      try {
        listener(data as never);
      } catch (error) {
        this.log.error('a subscriber of a domain event threw; the event went on to the others', {
          event: name,
          error,
        });
      }
    }
  }

  #layRoute(name: SfuEventName): readonly Subscriber[] {
    const general = [...this.#everything].filter(({ but }) => !but.has(name));
    const route = [
      ...(this.#listeners.get(name) ?? []),
      ...general.map(
        ({ listener }) =>
          (data: never) =>
            listener({ name, data } as SfuEvent),
      ),
    ];
    this.#routes.set(name, route);
    return route;
  }
}
