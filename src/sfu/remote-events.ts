import type { Attributes } from '../core/attributes.ts';
import type { RemoteEnd } from '../core/ends.ts';
import type { EventBus } from '../core/event-bus.ts';
import type { Quality } from '../core/quality.ts';
import type { Reaction } from '../core/reactions.ts';
import type { MediaKind, Source } from '../core/sources.ts';
import type { Standing } from '../core/standing.ts';
import type { PeerRef, Volume } from './events.ts';

/** Names a peer on another node, and that node. */
export interface RemotePeerRef extends PeerRef {
  readonly node: string;
}

interface RemoteProducerRef extends RemotePeerRef {
  readonly producerId: string;
  readonly kind: MediaKind;
  readonly source: Source;
}

/**
 * What happens on other nodes in rooms that are open here, emitted after the roster has changed. Read by signaling's
 * notifications and the dashboard only: what counts or reports events listens where they happen, so that nothing is
 * counted twice.
 */
export interface RemoteEvents {
  remotePeerJoined: RemotePeerRef & { displayName: string; hidden: boolean };
  /** It moved, to its node, from another one or from this one: to those who know it, it never left. */
  remotePeerMoved: RemotePeerRef & { displayName: string; hidden: boolean };
  /** One of the audience is known to the others from now on. */
  remotePeerListed: RemotePeerRef & { was: Standing; hidden: boolean };
  /** Its hand was raised, in milliseconds since the epoch, or lowered. */
  remotePeerHand: RemotePeerRef & { raisedAt: number | null };
  /** What a moderator took of it, or gave back, changed. */
  remotePeerRestricted: RemotePeerRef;
  /** Its connection was cut, or is there again. */
  remotePeerAway: RemotePeerRef & { away: boolean; hidden: boolean };
  remotePeerQuality: RemotePeerRef & { quality: Quality; hidden: boolean };
  remotePeerReacted: RemotePeerRef & { reaction: Reaction };
  /** The application changed what it says of it. */
  remotePeerMetadata: RemotePeerRef & { metadata: Readonly<Record<string, unknown>>; hidden: boolean };
  /** It changed what it says of itself, or a moderator did. */
  remotePeerAttributes: RemotePeerRef & { attributes: Attributes; hidden: boolean };
  remotePeerRenamed: RemotePeerRef & { displayName: string; oldDisplayName: string; hidden: boolean };
  /** `rejoining` as in peerLeft. One that will rejoin leaves with the reason `rejoin`. */
  remotePeerLeft: RemotePeerRef & {
    reason: RemoteEnd;
    joined: boolean;
    rejoining: boolean;
    hidden: boolean;
    standing: Standing;
    connectedAt: number;
    /** Of its node. */
    life: string;
  };

  remoteProducerOpened: RemoteProducerRef & { paused: boolean };
  remoteProducerPaused: RemoteProducerRef;
  remoteProducerResumed: RemoteProducerRef;
  remoteProducerClosed: RemoteProducerRef;
  /** Its media does not come through for now. It is tried again. */
  remoteProducerUnreachable: RemoteProducerRef & { cause: string };
  /** Its media comes again, or is about to: whoever lost it may ask for it. */
  remoteProducerReachable: RemoteProducerRef;
  /** Its media has come, which it could not before. */
  remoteProducerArrived: RemoteProducerRef;

  remoteDataProducerOpened: RemotePeerRef & { dataProducerId: string; label: string };
  remoteDataProducerClosed: RemotePeerRef & { dataProducerId: string; label: string };

  /** A room was locked or unlocked on another node, and so it is here. */
  remoteRoomLocked: { roomId: string; locked: boolean };
  /** The active speaker of a room, as another node elected it. */
  remoteActiveSpeaker: { roomId: string; peerId: string | null; volume: number | null };
  /** Who is heard in a room, on any node. */
  roomVolumes: { roomId: string; volumes: readonly Volume[] };
}
export type RemoteBus = EventBus<RemoteEvents>;
