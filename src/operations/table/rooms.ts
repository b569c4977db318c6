import { type Static, Type } from '@sinclair/typebox';
import { countsOf, joinParts } from '../../cluster/reads/view.ts';
import { Id, Nothing, orNull, Reason } from '../../core/schemas.ts';
import type { RoomChanges } from '../../sfu/rooms/room-options.ts';
import type { RoomSnapshot } from '../../sfu/rooms/snapshot.ts';
import { requireId } from '../../wire/check.ts';
import { partsOf, requireRoom, roomOnNode, roomSomewhere } from '../everywhere.ts';
import { type DeepReadonly, defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { pageByKey } from '../paging.ts';
import { pageOf, paging, params, Room, RoomOptions, RoomState, roomOptions } from '../schemas.ts';
import { checkMetadata } from './metadata.ts';
import { requireNode } from './node.ts';

type RoomShape = DeepReadonly<Static<typeof Room>>;

export const createRoom = defineOperation({
  name: 'createRoom',
  verb: 'POST',
  path: '/rooms',
  doc: 'Opens a room before its first peer, with its own options. A room that is not created is opened by its first peer, with the settings of the server. In a mesh it is `wrong_state` when any node has it.',
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
  doc: 'The rooms with their state, in the order of their ids; in a mesh those of every node.',
  scope: 'read',
  params: params(paging),
  result: pageOf(Type.Object({ ...Room.properties, state: RoomState })),
  errors: [],
  example: { limit: 20 },
  async run(context, query) {
    const { sfu, mesh } = context;
    const gathered = await mesh?.gather({ peers: false });
    const byRoom = Map.groupBy(gathered?.rooms ?? [], ({ room }) => room.id);
    const ids = new Set([...sfu.read.roomIds(), ...byRoom.keys()]);
    const { items, nextCursor } = pageByKey(
      [...ids].map((id) => [id, id] as const),
      query,
    );
    const rooms = items.flatMap((id) => {
      const others = byRoom.get(id) ?? [];
      const own = sfu.read.hasRoom(id) ? sfu.read.roomAtAGlance(id, mesh?.self) : undefined;
      const room = own ?? joinParts(others);
      const ages = gathered?.nodes ?? [];
      return room ? [{ ...describeRoom(room), state: stateOf(context, { room, own, others, ages }) }] : [];
    });
    return { items: rooms, nextCursor };
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
  // Each node of a mesh has workers of its own.
  versionOf: ({ workers, ...room }, { mesh }) => (mesh ? room : { ...room, workers }),
  errors: ['not_found'],
  example: { roomId: 'room' },
  run: (context, { roomId }) => readRoom(context, roomId),
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
  async run(context, { roomId }) {
    return stateOf(context, await partsOf(context, roomId, false));
  },
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
    const { commands } = context;
    checkMetadata(given.metadata);
    requireRoom(context, roomId);
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
    return await readRoom(context, roomId);
  },
});

export const moveRoom = defineOperation({
  name: 'moveRoom',
  verb: 'POST',
  path: '/rooms/:roomId/move',
  doc: 'Moves a room to another media worker. Its peers stay connected and are asked to set up their media again. In a mesh each node has workers of its own, and its part of the room is moved.',
  scope: 'node',
  params: params({
    roomId: Id,
    workerIndex: Type.Integer({ minimum: 0, maximum: 1000, description: 'A running worker of listWorkers' }),
    node: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'In a mesh: whose part of the room; by default the one that is asked, else the only one that has the room',
      }),
    ),
    reason: Type.Optional(Reason),
  }),
  result: Room,
  errors: ['not_found'],
  example: { roomId: 'room', workerIndex: 0 },
  async run(context, { roomId, workerIndex, node, reason }) {
    requireNode(context, node);
    await context.commands.moveRoom({ roomId, workerIndex, node, ...requesterOf(context, reason) });
    return describeRoom(await roomOnNode(context, roomId, node));
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

function describeRoom(room: RoomSnapshot): RoomShape {
  const { id, openedAt, locked, bitrateCap, options, workers } = room;
  return { id, openedAt, locked, bitrateCap, options: options as Static<typeof RoomOptions>, workers };
}

/** @throws SfuError not_found */
function readRoom(context: OperationContext, roomId: string): RoomShape | Promise<RoomShape> {
  const room = roomSomewhere(context, roomId);
  return room instanceof Promise ? room.then(describeRoom) : describeRoom(room);
}

function stateOf(
  { mesh }: OperationContext,
  { room: { activePeerId, speaking }, own, others, ages }: Awaited<ReturnType<typeof partsOf>>,
): DeepReadonly<Static<typeof RoomState>> {
  const here = own ? [{ node: mesh?.self ?? '', counts: countsOf(own.peers) }] : [];
  const parts = [...here, ...others];
  const total = (name: 'peers' | 'producers' | 'consumers') =>
    parts.reduce((sum, { counts }) => sum + counts[name], 0);
  const totals = { peers: total('peers'), producers: total('producers'), consumers: total('consumers') };
  if (!mesh) return { ...totals, activePeerId, speaking };
  const aged = new Map([
    [mesh.self, 0 as number | null],
    ...ages.map(({ node, age }) => [node, age] as const),
  ]);
  const present = parts.map(({ node, counts }) => ({
    node,
    peers: counts.peers,
    age: aged.get(node) ?? null,
  }));
  // They may have some of it.
  const silent = ages.filter(({ age }) => age === null).map(({ node }) => ({ node, peers: null, age: null }));
  return { ...totals, activePeerId, speaking, nodes: [...present, ...silent] };
}
