import { Type } from '@sinclair/typebox';
import { orNull } from '../core/schemas.ts';
import { StressLevel } from '../core/stress.ts';
import { Actor, time } from './schemas.ts';

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  time: time('When it was requested'),
  by: Actor,
  address: Type.String(),
  action: Type.String({ description: 'A stable word such as peer.remove' }),
  roomId: orNull(Type.String()),
  peerId: orNull(Type.String()),
  details: Type.Record(Type.String(), Type.Unknown()),
  reason: Type.String(),
  result: orNull(Type.String(), '`done`, `failed: ..` or `interrupted: ..`; null while it is running'),
  finishedAt: orNull(Type.Integer()),
  node: Type.Optional(
    Type.String({ description: 'In a mesh: the node whose log it is in; ids count for each' }),
  ),
});

export const Worker = Type.Object({
  index: Type.Integer(),
  pid: orNull(Type.Integer(), 'Null while it is being replaced'),
  startedAt: orNull(Type.Integer()),
  deaths: Type.Integer(),
  routers: Type.Integer(),
  producers: Type.Integer(),
  consumers: Type.Integer(),
  bitrate: Type.Integer({
    description: 'What its consumers cost by nominal figures (TUREEN_ROOM_MBPS_PER_WORKER), in bits a second',
  }),
  stress: StressLevel,
});

export const MeshNode = Type.Object({
  name: Type.String(),
  life: orNull(Type.String(), 'Random, of this run of it; null for a server that is alone'),
  self: Type.Boolean({ description: 'Whether it is the node that answers' }),
  region: orNull(Type.String()),
  url: orNull(Type.String(), 'Where clients reach it: TUREEN_PUBLIC_URL'),
  version: Type.String(),
  rooms: Type.Integer(),
  peers: Type.Integer(),
  draining: Type.Boolean(),
  drainDeadline: orNull(Type.Integer(), 'When its drain closes the remaining rooms; null without a drain'),
  stress: orNull(StressLevel, 'Null for a node of an earlier version'),
  stale: Type.Boolean({ description: 'Nothing is heard of it for now' }),
  age: Type.Integer({ description: 'Milliseconds since it was heard' }),
  roundTrip: orNull(Type.Number(), 'Milliseconds of its last answer over the bus; null before there was one'),
});

export const PlacedNode = Type.Object({
  name: Type.String(),
  url: orNull(Type.String(), 'Where clients reach it: TUREEN_PUBLIC_URL'),
  region: orNull(Type.String()),
  peers: Type.Integer(),
  why: Type.String({ description: 'Why it comes at this place, or why it cannot be used; for people' }),
  usable: Type.Boolean({ description: 'Whether a client may be sent to it' }),
});

export const Node = Type.Object({
  time: time('The time of the node'),
  ready: Type.Boolean({ description: 'Whether the node takes new calls' }),
  unreadyReasons: Type.Array(Type.String()),
  drainDeadline: orNull(
    Type.Integer(),
    'When the drain closes the remaining rooms; null when no drain is running',
  ),
  workers: Type.Integer(),
  rooms: Type.Integer(),
  peers: Type.Integer(),
  producers: Type.Integer(),
  consumers: Type.Integer(),
  stress: StressLevel,
});
