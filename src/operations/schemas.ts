import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { maxMetadataLength, TokenGrants } from '../access/tokens.ts';
import { Attributes } from '../core/attributes.ts';
import { codecNames } from '../core/codecs.ts';
import { Id, MediaKind, oneOf, orNull, Quality, Source } from '../core/schemas.ts';
import { banKinds } from '../store/ban-kinds.ts';
import { defaultPageSize } from './paging.ts';

/** What programs send and get: the snapshots of the domain (src/sfu/rooms/snapshot.ts) and rows of the store. */

/** A point in time. */
export const time = (description: string) =>
  Type.Integer({ description: `${description}, ms since the epoch` });

export const Publish = Type.Union([Type.Boolean(), Type.Array(Source, { maxItems: 4 })], {
  description: 'All, nothing, or only these sources',
});
export const Metadata = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
  maxProperties: 64,
  description: `Data of the application, at most ${maxMetadataLength} characters as JSON`,
});
export const Actor = Type.Object({
  kind: Type.String({ description: 'peer, moderator, admin, api or server' }),
  id: Type.String(),
});

/** The options of a room. */
export const roomOptions = {
  codecs: Type.Array(oneOf(codecNames), {
    minItems: 1,
    maxItems: codecNames.length,
    uniqueItems: true,
    description: 'Codecs that the room offers, the preferred one first; they cannot change later',
  }),
  maxPeers: Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many peers the room may have' }),
  emptySeconds: Type.Integer({
    minimum: 1,
    maximum: 7 * 24 * 3600,
    description: 'How long the room stays open without peers, in seconds',
  }),
  metadata: Metadata,
};

export const RoomOptions = Type.Partial(Type.Object(roomOptions), {
  description: 'The options that were set; for the others the settings of the server apply',
});

export const Room = Type.Object({
  id: Id,
  openedAt: time('When it was opened'),
  locked: Type.Boolean({ description: 'New peers cannot enter' }),
  bitrateCap: orNull(
    Type.Integer(),
    'Bits a second that each transport may send; null when the setting of the server applies',
  ),
  options: RoomOptions,
  workers: Type.Array(Type.Integer(), { description: 'Indices of the media workers that carry it' }),
});

/** What changes all the time; it is not part of the room's version. */
export const RoomState = Type.Object({
  peers: Type.Integer(),
  producers: Type.Integer(),
  consumers: Type.Integer(),
  activePeerId: orNull(Id, 'The active speaker; null when nobody speaks'),
  speaking: Type.Array(
    Type.Object({
      peerId: Id,
      producerId: Id,
      volume: Type.Number({ description: 'dBov, -127 (silent) to 0 (RFC 6464)' }),
    }),
    { description: 'The peers that can be heard, the loudest first' },
  ),
  nodes: Type.Optional(
    Type.Array(
      Type.Object({
        node: Type.String(),
        peers: orNull(Type.Integer(), 'Null when the node did not answer: it may have some'),
        age: orNull(Type.Integer(), 'How old this is, in milliseconds; null when the node did not answer'),
      }),
      { description: 'In a mesh: where its peers are' },
    ),
  ),
});

export const Peer = Type.Object({
  id: Id,
  roomId: Id,
  subject: Type.String({
    description: 'Whose it is: the subject of its token. What moderators decide holds for it',
  }),
  connections: Type.Array(Id, {
    description: 'Ids of the other peers of its subject in the room, such as what it plays by WHEP',
  }),
  state: oneOf(['connected', 'joined', 'closed'], { description: '`connected` has not joined yet' }),
  displayName: Type.String(),
  device: Type.Object({
    flag: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    version: Type.Optional(Type.String()),
  }),
  metadata: Metadata,
  attributes: Attributes,
  address: Type.String({ description: 'IP address; empty when it is not known' }),
  tokenId: orNull(Type.String(), 'The jti of its token'),
  grants: Type.Object({
    publish: Publish,
    subscribe: Type.Boolean(),
    moderate: Type.Boolean(),
    hidden: Type.Boolean(),
  }),
  publish: Type.Union([Type.Boolean(), Type.Array(Source)], {
    description: 'What it may publish now: the grant of its token, or what was set instead',
  }),
  connectedAt: time('When it connected'),
  joinedAt: orNull(Type.Integer(), 'When it joined'),
  awaySince: orNull(
    Type.Integer(),
    'Since when its connection is cut; it may resume within `TUREEN_RESUME_SECONDS`',
  ),
  quality: Quality,
  worker: orNull(Type.Integer(), 'Index of the media worker that carries it'),
  node: Type.Optional(Type.String({ description: 'In a mesh: the node that it is on' })),
  movedFrom: Type.Optional(
    Type.String({ description: 'The node that it moved to this one from, without leaving' }),
  ),
});

const Tuple = Type.Object({
  protocol: oneOf(['udp', 'tcp']),
  localAddress: Type.String(),
  localPort: Type.Integer(),
  remoteIp: Type.Optional(Type.String()),
  remotePort: Type.Optional(Type.Integer()),
});

export const Transport = Type.Object({
  id: Id,
  type: oneOf(['webrtc', 'plain', 'pipe']),
  producing: Type.Boolean(),
  consuming: Type.Boolean(),
  openedAt: time('When it was opened'),
  connectedAt: orNull(Type.Integer(), 'When media could first flow'),
  iceState: orNull(Type.String()),
  dtlsState: orNull(Type.String()),
  sctpState: orNull(Type.String()),
  tuple: orNull(Tuple),
});

const StreamScore = Type.Object({
  ssrc: Type.Integer(),
  rid: Type.Optional(Type.String()),
  encodingIdx: Type.Integer(),
  score: Type.Integer({ description: '0 (worst) to 10' }),
});

export const Producer = Type.Object({
  id: Id,
  peerId: Id,
  kind: MediaKind,
  source: Source,
  type: oneOf(['simple', 'simulcast', 'svc']),
  codec: Type.String({ description: 'Such as opus or vp8' }),
  paused: Type.Boolean(),
  pausedBy: Type.Array(oneOf(['peer', 'moderator']), {
    description: 'Who paused it; empty while media flows. A mute by a program counts as a moderator’s',
  }),
  node: Type.Optional(Type.String({ description: 'In a mesh: the node that it comes in at' })),
  score: Type.Array(StreamScore, { description: 'How well the server receives each of its streams' }),
  openedAt: time('When it was opened'),
});

const Layers = Type.Object({
  spatialLayer: Type.Integer(),
  temporalLayer: Type.Optional(Type.Integer()),
});

export const Consumer = Type.Object({
  id: Id,
  peerId: Id,
  producerId: Id,
  producerPeerId: Id,
  kind: MediaKind,
  type: oneOf(['simple', 'simulcast', 'svc', 'pipe']),
  codec: Type.String(),
  paused: Type.Boolean(),
  producerPaused: Type.Boolean(),
  priority: Type.Integer({ description: '1 to 255' }),
  score: Type.Object({
    score: Type.Integer({ description: '0 to 10' }),
    producerScore: Type.Integer({
      description:
        'Of the sender’s layer that is forwarded now; 0 while none is, which says nothing of the sender',
    }),
    producerScores: Type.Array(Type.Integer(), {
      description: 'Of each of the sender’s layers: judge the sender by the best of them',
    }),
  }),
  preferredLayers: orNull(Layers),
  currentLayers: orNull(Layers),
  node: Type.Optional(Type.String({ description: 'In a mesh: the node of the peer that receives it' })),
  openedAt: time('When it was opened'),
});

export const Stats = Type.Object({
  stats: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
    description:
      'As mediasoup returns them: https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/',
  }),
});

export const BanKind = oneOf(banKinds, {
  description: '`identity` is a peer id, `token` the jti of a token, `address` an IP address',
});

export const Ban = Type.Object({
  id: Type.String({ description: 'UUIDv7, the same on every node' }),
  kind: BanKind,
  value: Type.String(),
  roomId: orNull(Id, 'Null for the whole server'),
  reason: Type.String(),
  by: Actor,
  createdAt: time('When it was added'),
  expiresAt: orNull(Type.Integer(), 'When it ends; null for a permanent ban'),
  liftedAt: orNull(Type.Integer(), 'When it was lifted, if it was'),
});

const RoomQuality = Type.Object({
  roomId: Id,
  peers: Type.Integer(),
  streams: Type.Integer(),
  lossRatio: orNull(Type.Number()),
  roundTripSeconds: orNull(Type.Number()),
  score: orNull(Type.Number()),
});

export const TopRooms = Type.Object({
  byLoss: Type.Array(RoomQuality),
  byRoundTrip: Type.Array(RoomQuality),
  byScore: Type.Array(RoomQuality),
});

export const Token = Type.Object({
  token: Type.String({ description: 'The JWT for the client' }),
  tokenId: Type.String({ description: 'Its jti, by which it can be banned' }),
  expiresAt: time('When it expires'),
});

export const Grants = TokenGrants;

/** The params of every list. */
export const paging = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 200,
      description: `Entries on a page; ${defaultPageSize} by default`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: 'The `nextCursor` of the page before' }),
  ),
};

/** A page of a list. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    nextCursor: orNull(Type.String(), 'The `cursor` of the next page; null at the end'),
  });

/** Params as one object. An unknown key is refused, because it is a mistake of the caller. */
export const params = <T extends Parameters<typeof Type.Object>[0]>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });
