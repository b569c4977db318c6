import type { types } from 'mediasoup';
import type { Actor } from '../core/actors.ts';
import type { Attributes } from '../core/attributes.ts';
import type { ConsumerEnd, PeerEnd, ProducerEnd, RejoinReason, RoomEnd, TransportEnd } from '../core/ends.ts';
import type { EventBus, EventOf } from '../core/event-bus.ts';
import type { PeerCourse } from '../core/peer-course.ts';
import type { PeerMessage } from '../core/peer-messages.ts';
import type { Quality } from '../core/quality.ts';
import type { Reaction } from '../core/reactions.ts';
import type { Source } from '../core/sources.ts';
import type { Standing } from '../core/standing.ts';

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
 * Everything that happens in the domain, emitted after the state has changed. Notifications, metrics, the dashboard and
 * webhooks subscribe; the domain does not call them. Durations are milliseconds.
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
  peerRejoin: PeerRef & { reason: RejoinReason; joined: boolean; hidden: boolean; standing: Standing };
  /** It joined again after that; to others who ask, it never left. `duration` is how long that took. */
  peerRejoined: PeerRef & { displayName: string; hidden: boolean; duration: number };
  /** Its connection has been cut for some seconds. Its media goes on. */
  peerAway: PeerRef & { hidden: boolean };
  /** Its connection is there again after that; `duration` is how long it was cut. */
  peerBack: PeerRef & { hidden: boolean; duration: number };
  /** A peer of another node has taken over on this one: to others it is the same. `duration` is since it arrived here. */
  peerMovedHere: PeerRef & { displayName: string; hidden: boolean; duration: number; from: string };
  /** Another node has taken a peer over. What others receive of it goes on until `peerDeparted`. */
  peerMovedAway: PeerRef & { hidden: boolean; duration: number; to: string };
  /** Nothing is left on this node of a peer that moved away. */
  peerDeparted: PeerRef;
  /** A peer of another node that had arrived did not take over. It goes on where it was. */
  peerMoveFailed: PeerRef & { reason: PeerEnd; detail: string };
  /** One of the audience is known to the others from now on: it may publish, publishes, or raised its hand. */
  peerListed: PeerRef & { was: Standing };
  peerHand: PeerRef & { raisedAt: number | null; by: Actor };
  /** At most once a second. */
  peerQuality: PeerRef & { quality: Quality; hidden: boolean };
  peerReacted: PeerRef & { reaction: Reaction };
  peerPermissionsChanged: PeerRef & { publish: boolean | readonly Source[]; by: Actor };
  peerMetadataChanged: PeerRef & { metadata: Readonly<Record<string, unknown>>; by: Actor };
  /** They are all that it has now. */
  peerAttributesChanged: PeerRef & { attributes: Attributes; hidden: boolean; by: Actor };
  /** A peer wrote to this one. */
  peerMessage: PeerRef & { from: string; message: PeerMessage };
  peerNotice: PeerRef & { message: string; by: Actor };
  peerLeft: PeerRef & {
    reason: PeerEnd;
    detail: string;
    /** Whether it was in the call. */
    joined: boolean;
    /** Whether it was about to join again, its media being lost: the others were told that already. */
    rejoining: boolean;
    hidden: boolean;
    standing: Standing;
    duration: number;
    by: Actor;
  };

  /** A peer has left that could not have all the media that it wanted. Told with `peerLeft`, of the same stay. */
  peerMediaFailed: PeerRef & { course: PeerCourse };

  /** `offered` are the candidates for the client, such as `udp 203.0.113.7:40000`; none for RTP without WebRTC. */
  transportOpened: PeerRef & {
    transportId: string;
    producing: boolean;
    consuming: boolean;
    offered: readonly string[];
  };
  transportIceState: PeerRef & {
    transportId: string;
    state: types.IceState;
    /** The selected pair, with `address:port` of both sides; the client's may be that of a relay. Missing before one is. */
    pair?: { readonly protocol: types.TransportProtocol; readonly local: string; readonly remote: string };
  };
  transportDtlsState: PeerRef & { transportId: string; state: types.DtlsState };
  transportSctpState: PeerRef & { transportId: string; state: types.SctpState };
  /**
   * The first time that a transport carries media. `duration` is since its client gave its side of the connection; null
   * for RTP without WebRTC, where there is nothing to negotiate.
   */
  transportConnected: PeerRef & { transportId: string; duration: number | null };
  /** Its client was to connect it and has not for a while; `after` says how long that is. It may still come. */
  transportWaits: PeerRef & { transportId: string; after: number };
  /** What a receiving transport could use, and what its client's network gives; bits a second, at most one a second. */
  transportBandwidth: PeerRef & {
    transportId: string;
    desired: number;
    effectiveDesired: number;
    available: number;
  };
  /**
   * `course` is how far it came: `unused` was never asked to connect, `never_connected` was, in vain. `waited` when
   * `transportWaits` told of it before.
   */
  transportClosed: PeerRef & {
    transportId: string;
    reason: TransportEnd;
    course: 'unused' | 'never_connected' | 'connected';
    waited: boolean;
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
  /** Whether everyone who is in the call receives what the data producer sends now. Emitted when that changes. */
  dataProducerReady: PeerRef & { dataProducerId: string; ready: boolean };
  dataConsumerOpened: PeerRef & { dataConsumerId: string; dataProducerId: string; label: string };
  dataConsumerClosed: PeerRef & { dataConsumerId: string; dataProducerId: string; reason: ConsumerEnd };

  activeSpeaker: { roomId: string; peerId: string | null; volume: number | null };
  speakingPeers: { roomId: string; volumes: readonly Volume[] };

  drainStarted: { deadline: number; by: Actor };
  drainCancelled: { by: Actor };
  drainEnded: { remainingPeers: number };
}

export type SfuEventName = keyof SfuEvents;
export type SfuEvent = EventOf<SfuEvents>;
export type SfuBus = EventBus<SfuEvents>;
