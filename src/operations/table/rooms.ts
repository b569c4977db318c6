import { type Static, Type } from '@sinclair/typebox';
import { Id, Nothing, orNull, Reason } from '../../core/schemas.ts';
import type { RoomChanges } from '../../sfu/rooms/room-options.ts';
import type { RoomSnapshot } from '../../sfu/rooms/snapshot.ts';
import { requireId } from '../../wire/check.ts';
import { type DeepReadonly, defineOperation, requesterOf } from '../operation.ts';
import { pageByKey } from '../paging.ts';
import { pageOf, paging, params, Room, RoomOptions, RoomState, roomOptions } from '../schemas.ts';
import { checkMetadata } from './metadata.ts';

export const createRoom = defineOperation({
  name: 'createRoom',
  verb: 'POST',
  path: '/rooms',
  doc: 'Opens a room before its first peer, with its own options. A room that is not created is opened by its first peer, with the settings of the server.',
  scope: 'rooms',
  params: params({
    roomId: Id,
    options: Type.Optional(params(RoomOptions.properties)),
    reason: Type.Optional(Reason),
  }),
  result: Room,
  status: 201,
  errors: ['wrong_state', 'draining', 'worker_unavailable'],
  example: {
    roomId: 'lecture',
    options: { maxPeers: 200, emptySeconds: 3600, metadata: { course: 'physics' } },
  },
  async run(context, { roomId, options = {}, reason }) {
    requireId('roomId', roomId);
    checkMetadata(options.metadata);
    return describeRoom(
      await context.commands.createRoom({ roomId, options, ...requesterOf(context, reason) }),
    );
  },
});

export const listRooms = defineOperation({
  name: 'listRooms',
  verb: 'GET',
  path: '/rooms',
  doc: 'The rooms of this node with their state, in the order of their ids.',
  scope: 'read',
  params: params(paging),
  result: pageOf(Type.Object({ ...Room.properties, state: RoomState })),
  errors: [],
  example: { limit: 20 },
  run({ sfu }, query) {
    const { items, nextCursor } = pageByKey(
      sfu.read.roomIds().map((id) => [id, id] as const),
      query,
    );
    const rooms = items.map((id) => sfu.read.room(id));
    return { items: rooms.map((room) => ({ ...describeRoom(room), state: stateOf(room) })), nextCursor };
  },
});

export const getRoom = defineOperation({
  name: 'getRoom',
  verb: 'GET',
  path: '/rooms/:roomId',
  doc: 'One room.',
  scope: 'read',
  params: params({ roomId: Id }),
  result: Room,
  versioned: true,
  errors: ['not_found'],
  example: { roomId: 'room' },
  run: ({ sfu }, { roomId }) => describeRoom(sfu.read.room(roomId)),
});

export const getRoomState = defineOperation({
  name: 'getRoomState',
  verb: 'GET',
  path: '/rooms/:roomId/state',
  doc: 'The state of a room now: its numbers of peers, producers and consumers, and who speaks.',
  scope: 'read',
  params: params({ roomId: Id }),
  result: RoomState,
  errors: ['not_found'],
  example: { roomId: 'room' },
  run: ({ sfu }, { roomId }) => stateOf(sfu.read.room(roomId)),
});

export const changeRoom = defineOperation({
  name: 'changeRoom',
  verb: 'PATCH',
  path: '/rooms/:roomId',
  doc: 'Changes the given fields and leaves the others; null goes back to the setting of the server. Peers that are in the room stay, also when it is locked or gets a smaller maxPeers.',
  scope: 'rooms',
  params: params({
    roomId: Id,
    locked: Type.Optional(Type.Boolean({ description: 'Whether new peers are kept out' })),
    bitrateCap: Type.Optional(
      orNull(
        Type.Integer({ minimum: 10_000, maximum: 10_000_000_000 }),
        'Bits a second that each transport of a client may send',
      ),
    ),
    maxPeers: Type.Optional(orNull(roomOptions.maxPeers)),
    emptySeconds: Type.Optional(orNull(roomOptions.emptySeconds)),
    metadata: Type.Optional(orNull(roomOptions.metadata)),
    reason: Type.Optional(Reason),
  }),
  result: Room,
  errors: ['not_found'],
  example: { roomId: 'room', locked: true, maxPeers: 20, metadata: null },
  async run(context, { roomId, locked, bitrateCap, reason, ...given }) {
    const { commands, sfu } = context;
    checkMetadata(given.metadata);
    sfu.read.room(roomId);
    const target = { roomId, ...requesterOf(context, reason) };
    const changes: RoomChanges = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value ?? undefined]),
    );
    // All changes begin in this turn of the event loop, so that nobody sees only some of them.
    await Promise.all([
      Object.keys(changes).length > 0 && commands.changeRoom({ ...target, changes }),
      locked !== undefined && commands.setRoomLocked({ ...target, locked }),
      bitrateCap !== undefined && commands.capBitrate({ ...target, bitrate: bitrateCap }),
    ]);
    return describeRoom(sfu.read.room(roomId));
  },
});

export const moveRoom = defineOperation({
  name: 'moveRoom',
  verb: 'POST',
  path: '/rooms/:roomId/move',
  doc: 'Moves a room to another media worker. Its peers stay connected and are asked to set up their media again.',
  scope: 'node',
  params: params({
    roomId: Id,
    workerIndex: Type.Integer({ minimum: 0, maximum: 1000, description: 'A running worker of listWorkers' }),
    reason: Type.Optional(Reason),
  }),
  result: Room,
  errors: ['not_found'],
  example: { roomId: 'room', workerIndex: 0 },
  async run(context, { roomId, workerIndex, reason }) {
    const { commands, sfu } = context;
    await commands.moveRoom({ roomId, workerIndex, ...requesterOf(context, reason) });
    return describeRoom(sfu.read.room(roomId));
  },
});

export const closeRoom = defineOperation({
  name: 'closeRoom',
  verb: 'DELETE',
  path: '/rooms/:roomId',
  doc: 'Closes a room for everyone in it.',
  scope: 'moderate',
  params: params({ roomId: Id, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: 'room', reason: 'the lesson is over' },
  async run(context, { roomId, reason }) {
    await context.commands.closeRoom({ roomId, ...requesterOf(context, reason) });
    return {};
  },
});

function describeRoom(room: RoomSnapshot): DeepReadonly<Static<typeof Room>> {
  const { id, openedAt, locked, bitrateCap, options, workers } = room;
  return { id, openedAt, locked, bitrateCap, options: options as Static<typeof RoomOptions>, workers };
}

function stateOf({ peers, activePeerId, speaking }: RoomSnapshot): DeepReadonly<Static<typeof RoomState>> {
  return {
    peers: peers.length,
    producers: peers.reduce((sum, { producers }) => sum + producers.length, 0),
    consumers: peers.reduce((sum, { consumers }) => sum + consumers.length, 0),
    activePeerId,
    speaking,
  };
}
