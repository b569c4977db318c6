import type { Static } from '@sinclair/typebox';
import type { PeerCourse } from '../../core/peer-course.ts';
import type { StressLevel } from '../../core/stress.ts';
import type { Carried, PeerSnapshot, RoomSnapshot, UnreachableSnapshot } from '../../sfu/rooms/snapshot.ts';
import type { AuditEntry } from '../../store/audit.ts';
import type { TimelineLine, TimelineSearch } from '../../store/timeline-lines.ts';
import type { ListItems, ListName } from '../list-schemas.ts';
import type { AuditQuery, RoomPart } from '../read-schemas.ts';
import type { ListOf, PlacedList } from './lists.ts';

/** A node of the mesh, as the dashboard and programs see it. */
export interface NodeInfo {
  readonly name: string;
  /** Null for a server that is alone. */
  readonly life: string | null;
  /** Whether it is the node that was asked. */
  readonly self: boolean;
  readonly region: string | null;
  readonly url: string | null;
  readonly version: string;
  readonly rooms: number;
  readonly peers: number;
  readonly draining: boolean;
  readonly drainDeadline: number | null;
  /** How near it is to the end of what it has; null while it does not say. */
  readonly stress: Static<typeof StressLevel> | null;
  /** Nothing is heard of it for now. */
  readonly stale: boolean;
  /** Milliseconds since it was heard. */
  readonly age: number;
  /** Milliseconds of its last answer; null before there was one. */
  readonly roundTrip: number | null;
}

/** How old the part of a node is. */
export interface PartAge {
  readonly node: string;
  /** Milliseconds; null when the node did not answer and nothing is known of it. */
  readonly age: number | null;
}

/** What one node has of a room. */
export interface PlacedRoom extends RoomPart {
  readonly node: string;
}

export interface Gathered {
  readonly nodes: readonly PartAge[];
  readonly rooms: readonly PlacedRoom[];
}

export type PlacedPeer = PeerSnapshot & { readonly node: string };

/** Where a page of all logs ended: by node the lowest id that was shown. */
export type LogPlace = Readonly<Record<string, number>>;

export interface PlacedAuditPage {
  readonly entries: readonly (AuditEntry & { readonly node: string })[];
  /** Null at the end. */
  readonly next: LogPlace | null;
  /** Nodes that did not answer: theirs are missing. */
  readonly silent: readonly string[];
}

/** What is looked for in the timelines of all nodes. */
export type TimelineWanted = Omit<TimelineSearch, 'before' | 'exceptOf'>;

export interface PlacedTimelinePage {
  readonly entries: readonly (TimelineLine & { readonly node: string })[];
  /** Null at the end. */
  readonly next: LogPlace | null;
  /** Nodes that did not answer: theirs are missing. */
  readonly silent: readonly string[];
  /** How far back each of the others looks: the time of its first line, and how many hours it keeps. */
  readonly nodes: readonly { readonly node: string; readonly since: number | null; readonly hours: number }[];
}

/** How the stay of a peer goes or went; undefined when no node that answered knows of one. */
export interface FoundCourse {
  readonly course: PeerCourse | undefined;
  /** Nodes that did not answer, and may know of a later stay. */
  readonly silent: readonly string[];
}

/** What one node says of its way to another one. */
export interface NodePath {
  /** The other one. */
  readonly node: string;
  /** Milliseconds over the bus; null when it did not answer. */
  readonly roundTrip: number | null;
  /** Bits a second of media that come from it. */
  readonly bitrate: number;
  /** Tracks of it that cannot be brought to the first one. */
  readonly unreachable: number;
}

/** What a node says of its ways; null when it does not say. */
export interface NodePaths {
  readonly node: string;
  readonly paths: readonly NodePath[] | null;
}

/** What the other nodes have, read in half a second at most. */
export interface MeshView {
  /** The name of this node. */
  readonly self: string;
  /** Every node, this one first. */
  nodes(): NodeInfo[];
  /** How every node reaches every other one, this node first, the others by name; of a large mesh the first 16. */
  paths(): Promise<readonly NodePaths[]>;
  /** The newest entries of the audit logs of all nodes. */
  audit(query: Omit<AuditQuery, 'before'>, place?: LogPlace): Promise<PlacedAuditPage>;
  /** What happened on all nodes, the newest first. */
  timeline(wanted: TimelineWanted, place?: LogPlace): Promise<PlacedTimelinePage>;
  /** How the stay of a peer goes, or how its last one went, on any node. */
  course(peer: { readonly roomId: string; readonly peerId: string }): Promise<FoundCourse>;
  /** Asks the others for their rooms, or for their part of one. */
  gather(query: { readonly roomId?: string; readonly peers: boolean }): Promise<Gathered>;
  /** Asks the others for consumers of a room, or for transports or data channels of a peer. */
  list<L extends ListName>(query: ListOf<L>): Promise<PlacedList<ListItems[L]>>;
  /** Statistics of a media object on another node; undefined when none has it. */
  statistics(object: {
    readonly roomId: string;
    readonly id: string;
  }): Promise<readonly object[] | undefined>;
}

/** The peers of a gathered room, each with its node. */
export function peersOf(rooms: readonly PlacedRoom[]): PlacedPeer[] {
  return rooms.flatMap(({ room, node }) => room.peers.map((peer) => ({ ...peer, node })));
}

/** A room whose parts are on several nodes, as one. @param parts at least one */
export function joinParts(parts: readonly PlacedRoom[]): RoomSnapshot | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const openedAt = Math.min(...parts.map(({ room }) => room.openedAt));
  return { ...first.room, openedAt, peers: peersOf(parts), unreachable: unreachableOf(parts) };
}

/** What cannot be brought to one of the nodes, each with that node. */
export function unreachableOf(parts: readonly { room: RoomSnapshot; node: string }[]): UnreachableSnapshot[] {
  return parts.flatMap(({ room, node }) => (room.unreachable ?? []).map((each) => ({ ...each, node })));
}

/** How much a peer carries. */
export function carriedBy(peer: PeerSnapshot): Carried {
  const { carries } = peer;
  if (carries) return carries;
  const { transports, producers, consumers } = peer;
  return {
    transportIds: transports.map(({ id }) => id),
    producers: producers.length,
    consumers: consumers.length,
  };
}

/** How many a node has in a room. */
export function countsOf(peers: RoomSnapshot['peers']): RoomPart['counts'] {
  return {
    peers: peers.length,
    producers: peers.reduce((sum, peer) => sum + carriedBy(peer).producers, 0),
    consumers: peers.reduce((sum, peer) => sum + carriedBy(peer).consumers, 0),
  };
}
