import { type TObject, Type } from '@sinclair/typebox';
import { actorKinds } from './actors.ts';
import { Attributes } from './attributes.ts';
import { consumerEnds, peerEnds, producerEnds, roomEnds } from './ends.ts';
import { PeerCourse } from './peer-course.ts';
import { type PublicEventType, publicEventTypes } from './public-events.ts';
import { Id, MediaKind, oneOf, orNull, Source } from './schemas.ts';

const By = Type.Object({
  kind: oneOf(actorKinds),
  id: Type.String({ description: 'A peer id, or the name of a user or a key; empty for the server' }),
});
const milliseconds = (description: string) => Type.Number({ description: `${description}, in milliseconds` });

const room = { roomId: Id };
const peer = {
  ...room,
  peerId: Id,
  sessionId: Type.String({
    description: 'This stay of the peer in the room; a peer that comes again has another',
  }),
};
const named = { ...peer, displayName: Type.String(), hidden: Type.Boolean() };
const left = {
  ...peer,
  reason: oneOf([...peerEnds, 'node_lost'], {
    description: '`node_lost`: its node in a mesh ended without a word; another node tells it',
  }),
  node: Type.Optional(Type.String({ description: 'With `node_lost`: that node' })),
  detail: Type.String({ description: 'What is known beside the reason, such as what a moderator wrote' }),
  hidden: Type.Boolean(),
  duration: milliseconds('How long it was in the room'),
  by: By,
};
const producer = { ...peer, producerId: Id, kind: MediaKind, source: Source };
const consumer = { ...peer, consumerId: Id, producerId: Id, producerPeerId: Id, kind: MediaKind };
const dataProducer = { ...peer, dataProducerId: Id };
const codec = Type.String({ description: 'Such as opus or vp8' });
const worker = { workerIndex: Type.Integer(), pid: Type.Integer() };

const event = <P extends Parameters<typeof Type.Object>[0]>(doc: string, properties: P) => ({
  doc,
  data: Type.Object(properties),
});

/** What each public event means, and what its `data` has. */
export const publicEventSchemas = {
  room_started: event(
    'A room was opened, by its first peer or by a program. Its sequence begins with 1. In a mesh the first node that has the room tells it.',
    {
      ...room,
      workerIndex: Type.Integer(),
    },
  ),
  room_changed: event('The options of a room changed.', { ...room, by: By }),
  room_locked: event('A room was locked: new peers are refused.', { ...room, by: By }),
  room_unlocked: event('A room was unlocked.', { ...room, by: By }),
  room_finished: event(
    'A room closed. It is the last event of that life of the room. In a mesh it is told when no node has the room any more.',
    {
      ...room,
      reason: oneOf(roomEnds),
      duration: milliseconds('How long it was open'),
      by: By,
    },
  ),
  peer_joined: event('A peer joined the call.', {
    ...named,
    duration: milliseconds('How long joining took'),
  }),
  peer_renamed: event('The display name of a peer changed.', { ...named, oldDisplayName: Type.String() }),
  peer_permissions_changed: event('The permission of a peer to publish changed.', {
    ...peer,
    publish: Type.Union([Type.Boolean(), Type.Array(Source)], {
      description: 'All, nothing, or only these sources',
    }),
    by: By,
  }),
  peer_metadata_changed: event('The application changed the metadata of a peer.', {
    ...peer,
    metadata: Type.Record(Type.String(), Type.Unknown()),
    by: By,
  }),
  peer_attributes_changed: event('A peer, a moderator or a program changed the attributes of a peer.', {
    ...peer,
    attributes: Attributes,
    hidden: Type.Boolean(),
    by: By,
  }),
  peer_left: event('A peer left the call.', left),
  peer_removed: event(
    'A moderator or a program removed a peer. If the peer had joined, `peer_left` is sent as well.',
    left,
  ),
  peer_media_failed: event(
    'A peer left that could not have all the media that it wanted: `course` says how far each of its connections came, and what is likely to be in the way. Also sent for a peer that had not joined.',
    { ...peer, course: PeerCourse },
  ),
  producer_opened: event('A peer started to publish audio or video.', {
    ...producer,
    paused: Type.Boolean(),
    codec,
  }),
  producer_paused: event('The peer or a moderator paused a producer.', { ...producer, by: By }),
  producer_resumed: event('A producer was resumed.', { ...producer, by: By }),
  producer_closed: event('A producer closed.', { ...producer, reason: oneOf(producerEnds), by: By }),
  consumer_opened: event('A peer started to receive a producer of another peer.', {
    ...consumer,
    type: oneOf(['simple', 'simulcast', 'svc', 'pipe']),
    codec,
  }),
  consumer_closed: event('A peer stopped receiving a producer.', {
    ...consumer,
    reason: oneOf(consumerEnds),
  }),
  data_producer_opened: event('A peer opened a data channel for sending.', {
    ...dataProducer,
    label: Type.String(),
  }),
  data_producer_closed: event('A peer stopped sending on a data channel.', {
    ...dataProducer,
    reason: oneOf(producerEnds),
  }),
  active_speaker: event('The active speaker changed.', {
    ...room,
    peerId: orNull(Id, 'Null when everyone is silent'),
    volume: orNull(Type.Number(), 'dBov, -127 (silent) to 0 (RFC 6464)'),
  }),
  node_draining: event('A drain started: the node accepts no new rooms.', {
    deadline: Type.Integer({ description: 'When it ends, ms since the epoch' }),
    by: By,
  }),
  node_drain_cancelled: event('The drain was cancelled: the node accepts new rooms again.', { by: By }),
  node_drained: event('The drain ended.', { remainingPeers: Type.Integer() }),
  worker_started: event('A media worker started.', {
    ...worker,
    restart: Type.Boolean({ description: 'Whether it replaces a dead one' }),
  }),
  worker_died: event('A media worker died. Its rooms move to another one.', {
    ...worker,
    cause: Type.String(),
  }),
} satisfies Readonly<Record<PublicEventType, { readonly doc: string; readonly data: TObject }>>;

/** The body of a webhook of one type. */
export const webhookBody = (type: PublicEventType) =>
  Type.Object({
    id: Type.String({ description: 'The same in every attempt, and in the header webhook-id' }),
    type: Type.Literal(type),
    timestamp: Type.String({ format: 'date-time' }),
    roomId: orNull(Id, 'Null for what concerns the node'),
    sequence: orNull(Type.Integer(), 'Counts the events of one life of a room, from 1, without gaps'),
    node: Type.String({ description: 'Where it happened' }),
    data: publicEventSchemas[type].data,
  });

/** The body of every webhook, by type, in the order of the documentation. */
export const webhookBodies = publicEventTypes.map((type) => ({
  type,
  doc: publicEventSchemas[type].doc,
  body: webhookBody(type),
}));
