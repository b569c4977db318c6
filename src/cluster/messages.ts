import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { CaptureShape } from '../commands/capture-schema.ts';
import { Addressees, PeerMessage } from '../core/peer-messages.ts';
import { reactions } from '../core/reactions.ts';
import { Id, Nothing, oneOf, orNull } from '../core/schemas.ts';
import { StressLevel } from '../core/stress.ts';
import { type DataCheck, dataCheck } from '../wire/check.ts';
import { RtpParameters } from '../wire/rtp.ts';
import * as commands from './command-schemas.ts';
import { Fact, MeshId, maxFacts } from './fact-schemas.ts';
import * as lists from './list-schemas.ts';
import * as reads from './read-schemas.ts';
import * as shapes from './schemas.ts';

/**
 * Everything that nodes say to each other: JSON in UTF-8. docs/mesh.md is generated from this file. What does not fit
 * its schema is dropped and counted; properties that are not known are ignored.
 */

/** Nodes of another version are named in the log, and ignored. */
export const protocolVersion = 1;

const message = <T extends TSchema>(data: T, doc: string) => ({ data, doc, check: dataCheck(data) });

const request = <T extends TSchema, R extends TSchema>(data: T, result: R, doc: string) => ({
  ...message(data, doc),
  result,
  checkResult: dataCheck(result),
});

/** To all nodes. */
export const nodeMessages = {
  beat: message(
    Type.Object({
      version: Type.Integer({ description: 'of this protocol' }),
      name: shapes.NodeName,
      installation: Type.String({ maxLength: 64, description: 'random, kept in the database of the node' }),
      succeeds: orNull(shapes.Life, 'the life before this one, which has ended'),
      region: orNull(Type.String({ maxLength: 128 })),
      url: orNull(Type.String({ maxLength: 512 }), 'where clients reach it'),
      pipeAddress: Type.String({
        maxLength: 64,
        description: 'the IP address to which media for it is sent',
      }),
      release: Type.String({ maxLength: 64, description: 'the version of Tureen' }),
      drainDeadline: orNull(shapes.Time),
      now: shapes.Time,
      draining: Type.Boolean(),
      rooms: shapes.Count,
      peers: shapes.Count,
      mesh: orNull(MeshId, 'the mesh that it belongs to; null while it has joined none'),
      follows: Type.Optional(
        Type.Boolean({ description: 'whether programs there follow the events of all nodes' }),
      ),
      stress: Type.Optional(StressLevel),
    }),
    'Each second. A node of which none came for 4 seconds is stale.',
  ),
  facts: message(
    Type.Object({
      mesh: orNull(MeshId, 'null while the sender has joined none'),
      facts: Type.Array(Fact, { minItems: 1, maxItems: maxFacts }),
    }),
    'What was decided on the sender, at once; the bucket has it too, for nodes that come later. Between nodes of which one has joined no mesh only bans and removals count.',
  ),
  events: message(
    Type.Object({ events: Type.Array(shapes.SharedEvent, { minItems: 1, maxItems: 256 }) }),
    'What happened on the sender, in order, for programs that follow it on another node. Said while the heartbeat of one says that it does. A number that is missing did not arrive.',
  ),
  bye: message(Nothing, 'The node ends; all that it said is void.'),
} as const;

/** To all nodes that have a room. */
export const roomMessages = {
  hello: message(
    shapes.RoomStatement,
    'A node has the room, or has it still after a loss of the bus. Each node that has it too answers what `state` says and more.',
  ),
  state: message(
    shapes.RoomStatement,
    'What the share of the sender is, one second after its last change and every 10 seconds. Who has another one fetches it.',
  ),
  change: message(
    shapes.NumberedChange,
    'A peer of the sender came, changed or went. Who has not the number before this one fetches the share.',
  ),
  closed: message(Type.Object({ number: shapes.Count }), 'The sender does not have the room any more.'),
  volumes: message(
    Type.Object({
      volumes: Type.Array(shapes.Volume, { maxItems: 256 }),
      dominant: orNull(Id, 'the peer that its observer takes for the speaker'),
    }),
    'Who is heard among the peers of the sender, the loudest first.',
  ),
  speaker: message(
    Type.Object({ peerId: orNull(Id), volume: orNull(Type.Integer()) }),
    'The active speaker, as the node elected it whose life is the lowest in the room.',
  ),
  dataReceived: message(
    Type.Object({ dataProducerIds: Type.Array(Id, { minItems: 1, maxItems: 1024 }) }),
    'All peers of the sender receive these data channels of other nodes now, as far as they are to. Said of new channels, and after each join.',
  ),
  reaction: message(
    Type.Object({ sessionId: Id, reaction: oneOf(reactions) }),
    'A peer of the sender reacted.',
  ),
  pipeEnded: message(Type.Object({ pipeId: Id }), 'The sending side of a pipe ended by itself.'),
} as const;

/** What answers `hello`. */
export const HelloAnswer = Type.Object({
  life: shapes.Life,
  others: Type.Integer({
    minimum: 0,
    description: 'nodes that have the room beside both, as far as it knows',
  }),
  ...shapes.RoomStatement.properties,
});
export const helloAnswerCheck = dataCheck(HelloAnswer);

/** Before the bytes of a message on a data channel. */
export const DataHeader = Type.Object({
  dataProducerId: Id,
  ppid: Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'what the bytes are (RFC 8831)' }),
  after: Type.Integer({ minimum: 0, description: 'the number of the change that it follows' }),
});
export const dataHeaderCheck = dataCheck(DataHeader);

/** To one node, which answers. */
export const requests = {
  ping: request(
    Nothing,
    Type.Object({ now: shapes.Time }),
    'Whether it lives, how far it is, and what its clock says. It answers whoever may use the bus: `tureen doctor` is no node.',
  ),
  'share.fetch': request(
    Type.Object({ roomId: Id, page: orNull(Type.String({ maxLength: 64 }), 'null for the first one') }),
    orNull(
      shapes.SnapshotPage,
      'null when the node does not have the room, or the page is not kept any more',
    ),
    'The whole share of a room, in pages of about 256 KiB.',
  ),
  'pipe.open': request(
    Type.Object({ ...shapes.PipeRef.properties, side: shapes.PipeSide }),
    shapes.PipeSide,
    'Opens the sending side of a pipe.',
  ),
  'pipe.want': request(
    Type.Object({
      ...shapes.PipeRef.properties,
      producerId: Id,
      number: shapes.Count,
      demand: oneOf(['flowing', 'paused', 'unwanted']),
    }),
    orNull(Type.Object({ rtpParameters: RtpParameters })),
    'What is wanted of a producer on a pipe; the greatest number counts.',
  ),
  'pipe.sent': request(
    shapes.PipeRef,
    Type.Object({ bytes: shapes.Count }),
    'How many bytes of RTP the sending side has sent.',
  ),
  'pipe.close': request(shapes.PipeRef, Type.Null(), 'Closes the sending side.'),
  message: request(
    Type.Object({ roomId: Id, sessionId: Id, to: Addressees, message: PeerMessage }),
    Type.Null(),
    'A peer of the node that asks, named by its session, writes to peers of the one that is asked.',
  ),
  'rules.put': request(
    Type.Object({ roomId: Id, rules: Type.Array(shapes.StampedRule, { maxItems: 64 }) }),
    Type.Null(),
    'What was decided in a room. A node that does not have the room says so, too: it learns them when it opens it.',
  ),
  'rules.fetch': request(
    Type.Object({ roomId: Id, after: orNull(Type.String({ maxLength: 16_384 }), 'null for the first page') }),
    orNull(
      Type.Object({
        rules: Type.Array(shapes.StampedRule, { maxItems: 200 }),
        next: orNull(Type.String({ maxLength: 16_384 }), 'the `after` of the page that follows'),
      }),
      'null when the node does not have the room',
    ),
    'All that was decided in a room, in pages.',
  ),
  'peer.find': request(
    Type.Object({ roomId: Id, peerId: orNull(Id) }),
    orNull(
      Type.Object({
        sessionId: orNull(Id, 'of the peer, when it is on that node'),
        subject: orNull(Type.String({ maxLength: 8192 })),
        epoch: shapes.Count,
        life: orNull(shapes.Life, 'of the room; null before the node knows'),
        on: orNull(
          shapes.Life,
          'of the node that has the peer, as the one that answers has heard it; null for itself',
        ),
      }),
      'null when the node does not have the room',
    ),
    'Whether a node has a room, and a peer of it.',
  ),
  read: request(
    reads.ReadQuery,
    reads.ReadPage,
    'What the node has: its rooms, with the peers in them. In pages of about 256 KiB.',
  ),
  'read.list': request(
    lists.ListQuery,
    orNull(lists.ListPage, 'null when the node does not have the room, or the peer'),
    'Consumers of a room, or the transports and data channels of a peer.',
  ),
  'read.stats': request(
    lists.StatsQuery,
    orNull(lists.StatsAnswer, 'null when the node does not have it'),
    'Statistics of a transport, producer or consumer, read from the media worker.',
  ),
  'read.paths': request(
    Nothing,
    reads.PathsPage,
    'How far the first 16 nodes by name are from it, and what media comes from each. It measures at most every two seconds.',
  ),
  'read.audit': request(reads.AuditQuery, reads.AuditPage, 'The newest lines of its audit log.'),
  'read.timeline': request(
    reads.TimelineQuery,
    reads.TimelinePage,
    'The newest lines of what happened there.',
  ),
  'read.course': request(
    reads.CourseQuery,
    orNull(reads.CourseAnswer, 'null when the node knows of no stay'),
    'How the stay of a peer goes there, or how its last one went.',
  ),
  'capture.find': request(
    reads.CaptureQuery,
    orNull(CaptureShape, 'null when the last capture of the node is another one'),
    'How the capture of a peer goes, or went.',
  ),
  'capture.read': request(
    reads.CapturePartQuery,
    orNull(reads.CapturePart, 'null when the node does not have it any more'),
    'A part of the file of a capture, after the command `fetchCapture`, which the audit log has.',
  ),
  'session.left': request(
    Type.Object({ roomId: Id, sessionId: Id }),
    Type.Boolean({ description: 'true when nothing of it is left there' }),
    'Whether the copies of what a session published are closed.',
  ),
  'session.take': request(
    Type.Object({
      roomId: Id,
      peerId: Id,
      ticket: Type.String({
        maxLength: 64,
        description: 'SHA-256 of the ticket that its client shows, base64url',
      }),
      take: Type.String({ maxLength: 64, description: 'made by the node that asks, for this move' }),
      last: Type.Boolean({ description: 'it takes over now; only for the move that asked last' }),
    }),
    orNull(shapes.TakenSession, 'null when the peer is not there, or the ticket is not good'),
    'A peer comes to the sender with its ticket, to go on there: who it is, and what it takes along.',
  ),
  command: request(
    commands.Command,
    commands.CommandAnswer,
    'Carries out what a moderator or a program asks on another node. One that comes again by its id is not done again: it gets the answer of the first.',
  ),
} as const;

/** What comes instead of a result. */
export const Failure = Type.Object({
  error: Type.Object({ code: Type.String({ maxLength: 64 }), message: Type.String({ maxLength: 1024 }) }),
});

export interface Message {
  readonly data: TSchema;
  readonly doc: string;
  readonly check: DataCheck;
}

export interface Request extends Message {
  readonly result: TSchema;
  readonly checkResult: DataCheck;
}

export type NodeMessageName = keyof typeof nodeMessages;
export type NodeMessageData<N extends NodeMessageName> = Static<(typeof nodeMessages)[N]['data']>;
export type RoomMessageName = keyof typeof roomMessages;
export type RoomMessageData<N extends RoomMessageName> = Static<(typeof roomMessages)[N]['data']>;
export type RequestName = keyof typeof requests;
export type RequestData<N extends RequestName> = Static<(typeof requests)[N]['data']>;
export type RequestResult<N extends RequestName> = Static<(typeof requests)[N]['result']>;
export type Statement = Static<typeof shapes.Statement>;
export type RoomStatement = Static<typeof shapes.RoomStatement>;
export type DataHeader = Static<typeof DataHeader>;
export type HelloAnswer = Static<typeof HelloAnswer>;
export type Beat = NodeMessageData<'beat'>;
