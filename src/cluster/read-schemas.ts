import { type Static, Type } from '@sinclair/typebox';
import { Attributes } from '../core/attributes.ts';
import { PeerCourse } from '../core/peer-course.ts';
import { Id, MediaKind, oneOf, orNull, Quality, Source } from '../core/schemas.ts';
import type { PeerSnapshot, RoomSnapshot } from '../sfu/rooms/snapshot.ts';
import type { AuditEntry as StoredEntry } from '../store/audit.ts';
import type { TimelineLine as StoredLine } from '../store/timeline-lines.ts';
import { Count, Life, NodeName, Publish, Time } from './schemas.ts';

/** What nodes read of each other, for the dashboard and for programs. */

const text = Type.String({ maxLength: 8192 });
const data = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 1024 });

/** Where a page begins: after this peer of this room. */
const After = Type.Object({ roomId: Id, peerId: Type.String({ maxLength: 128 }) });

export const ReadQuery = Type.Object({
  roomId: orNull(Id, 'null for every room'),
  peers: Type.Boolean({ description: 'whether the peers themselves are wanted, or only how many there are' }),
  after: orNull(After),
});
export type ReadQuery = Static<typeof ReadQuery>;

const Producer = Type.Object({
  id: Id,
  kind: MediaKind,
  source: Source,
  type: oneOf(['simple', 'simulcast', 'svc']),
  codec: Type.String({ maxLength: 64 }),
  paused: Type.Boolean(),
  pausedBy: Type.Array(oneOf(['peer', 'moderator']), { maxItems: 2 }),
  score: Type.Array(Type.Object({ ssrc: Count, score: Type.Integer() }), { maxItems: 64 }),
  openedAt: Time,
});

/** A peer without its transports and without what it receives: with those it would be large. */
const Peer = Type.Object({
  id: Id,
  sessionId: Id,
  subject: text,
  program: orNull(text),
  state: oneOf(['connected', 'joined', 'closed']),
  displayName: text,
  device: data,
  metadata: data,
  attributes: Type.Optional(Attributes),
  address: text,
  tokenId: orNull(text),
  issuedAt: orNull(Type.Integer()),
  grants: Type.Object({
    publish: Publish,
    subscribe: Type.Boolean(),
    moderate: Type.Boolean(),
    hidden: Type.Boolean(),
  }),
  publish: Publish,
  connectedAt: Time,
  joinedAt: orNull(Time),
  awaySince: Type.Optional(orNull(Time)),
  movedFrom: Type.Optional(Type.String({ maxLength: 128 })),
  quality: Type.Optional(Quality),
  worker: orNull(Count),
  transports: Type.Array(Type.Unknown(), { maxItems: 0 }),
  producers: Type.Array(Producer, { maxItems: 256 }),
  consumers: Type.Array(Type.Unknown(), { maxItems: 0 }),
  dataProducers: Type.Array(Type.Object({ id: Id, label: text, protocol: text, openedAt: Time }), {
    maxItems: 256,
  }),
  dataConsumers: Type.Array(Type.Unknown(), { maxItems: 0 }),
});

const Room = Type.Object({
  id: Id,
  openedAt: Time,
  locked: Type.Boolean(),
  bitrateCap: orNull(Type.Integer()),
  options: data,
  workers: Type.Array(Count, { maxItems: 1024 }),
  activePeerId: orNull(Id),
  speaking: Type.Array(Type.Object({ peerId: Id, producerId: Id, volume: Type.Number() }), { maxItems: 256 }),
  peers: Type.Array(Type.Unsafe<PeerSnapshot>(Peer), { maxItems: 10_000 }),
  unreachable: Type.Optional(
    Type.Array(Type.Object({ peerId: Id, producerId: Id, source: Source, cause: text }), {
      maxItems: 1000,
      description: 'what peers on other nodes publish and cannot be brought to the node that answers',
    }),
  ),
});

/** How many a node has in a room. */
const counts = Type.Object({ peers: Count, producers: Count, consumers: Count });

export interface RoomPart {
  readonly room: RoomSnapshot;
  readonly counts: Static<typeof counts>;
}

export const ReadPage = Type.Object({
  rooms: Type.Array(Type.Unsafe<RoomPart>(Type.Object({ room: Room, counts })), {
    description: 'a room comes again on the page that has more of its peers',
  }),
  next: orNull(After, 'the `after` of the page that follows'),
});
export type ReadPage = Static<typeof ReadPage>;

/** How the node that answers reaches others, and what it gets of them. */
export const PathsPage = Type.Object({
  paths: Type.Array(
    Type.Object({
      life: Life,
      roundTrip: orNull(
        Type.Number({ minimum: 0, maximum: 3_600_000, description: 'milliseconds over the bus' }),
        'null when it did not answer',
      ),
      bitrate: Type.Number({
        minimum: 0,
        description: 'bits a second of media that come from it over pipes',
      }),
      unreachable: Type.Integer({
        minimum: 0,
        description: 'tracks of it that cannot be brought to the node that answers',
      }),
    }),
    { maxItems: 64 },
  ),
});
export type PathsPage = Static<typeof PathsPage>;

export const AuditQuery = Type.Object({
  text: orNull(Type.String({ maxLength: 200 })),
  roomId: orNull(Id),
  before: orNull(Type.Integer(), 'only entries with lower ids'),
  limit: Type.Integer({ minimum: 1, maximum: 200 }),
});
export type AuditQuery = Static<typeof AuditQuery>;

export const AuditEntry = Type.Unsafe<StoredEntry>(
  Type.Object({
    id: Type.Integer(),
    time: Time,
    by: Type.Object({ kind: Type.String({ maxLength: 64 }), id: text }),
    address: text,
    action: text,
    roomId: orNull(text),
    peerId: orNull(text),
    details: data,
    reason: text,
    result: orNull(text),
    finishedAt: orNull(Time),
  }),
);

export const AuditPage = Type.Object({
  entries: Type.Array(AuditEntry, { maxItems: 200 }),
  more: Type.Boolean({ description: 'whether there are older ones' }),
});
export type AuditPage = Static<typeof AuditPage>;

const word = Type.String({ minLength: 1, maxLength: 128 });

export const TimelineQuery = Type.Object({
  roomId: orNull(Id),
  peer: orNull(word, 'its id, or the beginning of its display name'),
  sessionId: orNull(word),
  address: orNull(word),
  from: orNull(Time),
  until: orNull(Time),
  bad: Type.Boolean({ description: 'only what deserves a look' }),
  before: orNull(Type.Integer(), 'only lines with lower ids'),
  except: Type.Array(NodeName, {
    maxItems: 256,
    description: 'nodes that are asked themselves: what the sender heard of them is left out',
  }),
  limit: Type.Integer({ minimum: 1, maximum: 400 }),
});
export type TimelineQuery = Static<typeof TimelineQuery>;

const TimelineLine = Type.Unsafe<StoredLine>(
  Type.Object({
    id: Type.Integer(),
    time: Time,
    event: word,
    text,
    bad: Type.Boolean(),
    roomId: orNull(text),
    peerId: orNull(text),
    sessionId: orNull(text),
    displayName: text,
    address: text,
    course: orNull(PeerCourse),
  }),
);

export const TimelinePage = Type.Object({
  entries: Type.Array(TimelineLine, { maxItems: 400 }),
  more: Type.Boolean({ description: 'whether there are older ones' }),
  since: orNull(Time, 'of the first line that is kept'),
  hours: Type.Number({ minimum: 0, description: 'how long lines are kept' }),
});
export type TimelinePage = Static<typeof TimelinePage>;

export const CourseQuery = Type.Object({ roomId: Id, peerId: Id });

export const CourseAnswer = Type.Object({
  course: PeerCourse,
  endedAt: orNull(Time, 'null while the peer is there'),
});
export type CourseAnswer = Static<typeof CourseAnswer>;

export const CaptureQuery = Type.Object({
  id: orNull(Id),
  peer: orNull(Type.Object({ roomId: Id, peerId: Id }), 'whose it is to be; null for anybody'),
});

export const CapturePartQuery = Type.Object({ id: Id, from: Count });

export const CapturePart = Type.Object({
  content: Type.String({ maxLength: 400_000, description: '256 KiB at most, base64' }),
});
