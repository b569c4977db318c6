import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { actorKinds } from '../core/actors.ts';
import { Attributes } from '../core/attributes.ts';
import { stayEnds } from '../core/ends.ts';
import { publicEventTypes } from '../core/public-events.ts';
import { Id, MediaKind, oneOf, orNull, Quality, Source } from '../core/schemas.ts';
import type * as link from '../sfu/media/node-link.ts';
import type * as passage from '../sfu/rooms/passage.ts';
import { maxVersion, type StampedRule as StampedRuleType } from '../sfu/rooms/room-rules.ts';
import type * as share from '../sfu/rooms/share.ts';
import { RtpParameters } from '../wire/rtp.ts';

/** The shapes of which messages between nodes are made. Their types are the domain's. */

/** A schema under the type that the domain has for it. It does not compile when the schema lacks something of that. */
const of =
  <T>() =>
  <S extends TSchema>(schema: Static<S> extends T ? S : never) =>
    Type.Unsafe<T>(schema);

export const Life = Type.String({ minLength: 1, maxLength: 64, pattern: '^[0-9A-Za-z-]+$' });
export const NodeName = Type.String({ minLength: 1, maxLength: 128 });
export const Count = Type.Integer({ minimum: 0 });
export const Time = Type.Integer({ minimum: 0, description: 'milliseconds since the epoch' });

export const Actor = Type.Object({ kind: oneOf(actorKinds), id: Type.String({ maxLength: 8192 }) });
const Sources = Type.Array(Source, { maxItems: 8 });
export const Publish = Type.Union([Type.Boolean(), Sources]);
export const PublishDecision = Type.Union([
  Publish,
  Type.Object({
    ofGranted: Type.Union([Type.Literal(true), Sources], {
      description: 'what the token of the peer grants, or what of these it grants',
    }),
  }),
]);
const Subject = Type.String({ maxLength: 8192 });
const text = Type.String({ maxLength: 1024 });
const AppData = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 1024 });

export const PublicationShare = Type.Object({
  id: Id,
  kind: MediaKind,
  source: Source,
  type: oneOf(['simple', 'simulcast', 'svc']),
  codec: Type.String({ maxLength: 64 }),
  rtpParameters: RtpParameters,
  consumable: RtpParameters,
  appData: AppData,
  openedAt: Time,
  pausedBy: Type.Array(oneOf(['peer', 'moderator']), { maxItems: 2 }),
  replaces: Type.Optional(
    Type.String({ ...Id, description: 'of a peer that moved: the producer that this one goes on with' }),
  ),
});

export const DataPublicationShare = Type.Object({
  id: Id,
  label: text,
  protocol: text,
  delivery: Type.Object(
    {
      ordered: Type.Boolean(),
      maxPacketLifeTime: orNull(Type.Integer({ minimum: 0, maximum: 65_535 })),
      maxRetransmits: orNull(Type.Integer({ minimum: 0, maximum: 65_535 })),
    },
    { description: 'without both limits it loses nothing (RFC 8831, section 6.1)' },
  ),
  offered: Type.Boolean(),
  appData: AppData,
  openedAt: Time,
});

const Peer = Type.Object({
  peerId: Id,
  sessionId: Id,
  epoch: Type.Integer({ minimum: 0, description: 'the greatest wins the id of the peer' }),
  subject: Type.String({ maxLength: 8192 }),
  program: orNull(Type.String({ maxLength: 256 }), 'the key of the program that brought it'),
  state: oneOf(['connected', 'joined']),
  displayName: Type.String({ maxLength: 256 }),
  device: Type.Object({
    flag: Type.Optional(text),
    name: Type.Optional(text),
    version: Type.Optional(text),
  }),
  hidden: Type.Boolean(),
  metadata: AppData,
  attributes: Type.Optional(Attributes),
  connectedAt: Time,
  joinedAt: orNull(Time),
  handRaisedAt: orNull(Time),
  publish: Publish,
  stopped: Type.Boolean({ description: 'whether it may publish something else than its token grants' }),
  standing: Type.Optional(oneOf(['listed', 'announced', 'counted'])),
  away: Type.Optional(Type.Boolean()),
  supersedes: Type.Optional(
    Type.String({ ...Id, description: 'the session on another node that this one took over from' }),
  ),
  takesMessages: Type.Optional(Type.Boolean({ description: 'whether others may write to it by its id' })),
  quality: Type.Optional(Quality),
  publications: Type.Array(PublicationShare, { maxItems: 256 }),
  dataPublications: Type.Array(DataPublicationShare, { maxItems: 256 }),
});
export const PeerShare = of<share.PeerShare>()(Peer);

/** A session that another node takes over. */
export const TakenSession = of<passage.TakenSession>()(
  Type.Object({
    sessionId: Id,
    epoch: Type.Integer({ minimum: 0 }),
    identity: Type.Object({
      roomId: Id,
      peerId: Id,
      subject: Subject,
      program: Type.Optional(Type.String({ maxLength: 256 })),
      displayName: Type.Optional(Type.String({ maxLength: 256 })),
      metadata: AppData,
      grants: Type.Object({
        publish: Publish,
        subscribe: Type.Boolean(),
        moderate: Type.Boolean(),
        hidden: Type.Boolean(),
      }),
      tokenId: Type.Optional(Type.String({ maxLength: 8192 })),
      issuedAt: Type.Optional(Type.Number()),
    }),
    luggage: Type.Object(
      {
        displayName: Type.String({ maxLength: 256 }),
        metadata: AppData,
        attributes: Attributes,
        handRaisedAt: orNull(Time),
        standing: oneOf(['listed', 'announced', 'counted']),
        connectedAt: Time,
        joinedAt: Time,
      },
      { description: 'what it chose, and what programs said of it' },
    ),
  }),
);

export const ShareChange = of<share.ShareChange>()(
  Type.Union([
    Type.Object({ op: Type.Literal('put'), peer: PeerShare }),
    Type.Object({ op: Type.Literal('drop'), sessionId: Id, peerId: Id, reason: oneOf(stayEnds) }),
  ]),
);

/** What is said of a change, or of several in one message. */
export const NumberedChange = Type.Object({
  number: Count,
  change: ShareChange,
  more: Type.Optional(
    Type.Array(ShareChange, {
      maxItems: 64,
      description: 'those that follow it, whose numbers are the next: an audience is said together',
    }),
  ),
});

/** What a share is at a moment: two who have the same number and hash have the same share. */
export const Statement = Type.Object({
  number: Type.Integer({ minimum: 0, description: 'of the last change; it only grows while a node lives' }),
  hash: Type.String({
    pattern: '^[0-9a-f]{16}$',
    description: 'xxHash64 of the JSON of each peer, all of them XORed',
  }),
});

/** What holds in a room on every node that has it. */
export const StampedRule = of<StampedRuleType>()(
  Type.Object({
    rule: Type.Union([
      Type.Object({ name: Type.Literal('locked'), value: Type.Boolean() }),
      Type.Object({
        name: oneOf(['bitrateCap', 'maxPeers', 'emptySeconds']),
        value: orNull(Type.Integer({ minimum: 0, maximum: 10_000_000_000 })),
      }),
      Type.Object({ name: Type.Literal('metadata'), value: orNull(AppData) }),
      Type.Object({
        name: Type.Literal('mute'),
        subject: Subject,
        source: Source,
        value: Type.Boolean(),
      }),
      Type.Object({ name: Type.Literal('publish'), subject: Subject, value: PublishDecision }),
    ]),
    by: Actor,
    version: Type.Integer({
      minimum: 1,
      maximum: maxVersion,
      description: 'one more than the greatest that its node knew in the room',
    }),
    life: Life,
  }),
);

const RoomOrigin = Type.Object({
  life: Type.String({
    minLength: 1,
    maxLength: 64,
    description: 'of the room: one that is opened after it ended everywhere has another',
  }),
  openedAt: Time,
  codecs: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 32 }),
  chosen: Type.Boolean({ description: 'whether the codecs are options of the room, not settings of a node' }),
});

/** What a node says of a room: its share, how the room began, and the rules that hold there. */
export const RoomStatement = Type.Object({
  ...Statement.properties,
  origin: orNull(RoomOrigin, 'null while the node asks the others; of two the earlier one holds'),
  rules: Type.String({
    pattern: '^([0-9a-f]{16})?$',
    description: 'xxHash64 of the key, version and life of each rule, all of them XORed; empty for none',
  }),
});

export const SnapshotPage = Type.Object({
  ...Statement.properties,
  peers: Type.Array(PeerShare),
  next: orNull(Type.String({ maxLength: 64 }), 'asks for the page that follows'),
});

const Side = Type.Object({
  ip: Type.String({ minLength: 2, maxLength: 64 }),
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  srtpParameters: Type.Object({
    cryptoSuite: oneOf([
      'AEAD_AES_256_GCM',
      'AEAD_AES_128_GCM',
      'AES_CM_128_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
    ]),
    keyBase64: Type.String({ maxLength: 128 }),
  }),
});

export const PipeSide = of<link.PipeSide>()(Side);

export const PipeRef = Type.Object({ roomId: Id, pipeId: Id });

export const Volume = Type.Object({
  peerId: Id,
  producerId: Id,
  volume: Type.Integer({ minimum: -127, maximum: 0, description: 'dBov' }),
});

/** An event as programs get it, from another node. */
export const SharedEvent = Type.Object({
  number: Type.Integer({ minimum: 1, description: 'counts the events of a life of the sender' }),
  type: oneOf(publicEventTypes),
  time: Time,
  roomId: Type.Union([Id, Type.Null()]),
  sequence: Type.Union([Count, Type.Null()], { description: 'counts the events of the room on the sender' }),
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type SharedEvent = Static<typeof SharedEvent>;
