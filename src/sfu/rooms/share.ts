import type { types } from 'mediasoup';
import type { Attributes } from '../../core/attributes.ts';
import type { RemoteEnd, StayEnd } from '../../core/ends.ts';
import type { Grants } from '../../core/grants.ts';
import type { Quality } from '../../core/quality.ts';
import type { MediaKind, Source } from '../../core/sources.ts';
import type { Standing } from '../../core/standing.ts';
import type { Device } from './peer-state.ts';
import type { DataDelivery, Holder } from './publication.ts';

type AppData = Readonly<Record<string, unknown>>;

/** One run of a node: everything that it says of itself is keyed by its life. */
export interface NodeRef {
  /** A random id, made at the start. */
  readonly life: string;
  /** The name of the node, for people. */
  readonly name: string;
}

/** What a node says of something that one of its peers publishes. */
export interface PublicationShare {
  readonly id: string;
  readonly kind: MediaKind;
  readonly source: Source;
  readonly type: types.ProducerType;
  readonly codec: string;
  /** What is sent to the origin. */
  readonly rtpParameters: types.RtpParameters;
  /** What receivers choose from, on every node. */
  readonly consumable: types.RtpParameters;
  readonly appData: AppData;
  readonly openedAt: number;
  readonly pausedBy: readonly Holder[];
  /** The producer of the session that this one took over from, which it goes on with. */
  readonly replaces?: string;
}

/** What a node says of a data channel on which one of its peers sends. */
export interface DataPublicationShare {
  readonly id: string;
  readonly label: string;
  readonly protocol: string;
  readonly delivery: DataDelivery;
  /** Whether the other peers are offered it. */
  readonly offered: boolean;
  readonly appData: AppData;
  readonly openedAt: number;
}

/** What a node says of one of its peers, as JSON: always whole, so that it takes the place of what was known. */
export interface PeerShare {
  readonly peerId: string;
  readonly sessionId: string;
  /** One more than the greatest that was known for the peer's id in the room when it entered. The greatest wins the id. */
  readonly epoch: number;
  readonly subject: string;
  /** The key of the program that brought it; null for a peer with a token of its own. */
  readonly program: string | null;
  readonly state: 'connected' | 'joined';
  readonly displayName: string;
  readonly device: Device;
  readonly hidden: boolean;
  readonly metadata: AppData;
  /** Nodes of earlier versions do not say it. */
  readonly attributes?: Attributes;
  readonly connectedAt: number;
  /** When it joined first. One that is connected and has joined is about to join again. */
  readonly joinedAt: number | null;
  /** When its hand was raised; null while it is not. */
  readonly handRaisedAt: number | null;
  /** What it may publish now. */
  readonly publish: Grants['publish'];
  /** Whether that is something else than its token grants. */
  readonly stopped: boolean;
  /** What the others learn of it; nodes of earlier versions do not say it, and list everyone. */
  readonly standing?: Standing;
  /** Whether its connection is cut. Nodes of earlier versions do not say it. */
  readonly away?: boolean;
  /** The session of the same peer on another node that this one took over from, without a gap. */
  readonly supersedes?: string;
  /** Whether others may write to it by its id. Nodes of earlier versions do not say it. */
  readonly takesMessages?: boolean;
  /** How well media gets through between it and its node. Nodes of earlier versions do not say it. */
  readonly quality?: Quality;
  readonly publications: readonly PublicationShare[];
  readonly dataPublications: readonly DataPublicationShare[];
}

/** A change of what a node says of a room. */
export type ShareChange =
  | { readonly op: 'put'; readonly peer: PeerShare }
  | { readonly op: 'drop'; readonly sessionId: string; readonly peerId: string; readonly reason: StayEnd };

/** What other nodes say of one room. Written by the mesh only; what it leads to is told on `Sfu.remoteEvents`. */
export interface SharesOfOthers {
  put(peer: PeerShare, from: NodeRef): void;
  /** Does nothing for a session that `from` does not have. */
  drop(sessionId: string, from: NodeRef, reason: RemoteEnd): void;
  /** Everything that a life said is void. */
  dropNode(life: string, reason: RemoteEnd): void;
  /** A snapshot: in place of all that was known of that life. */
  replaceNode(from: NodeRef, peers: readonly PeerShare[]): void;
}
