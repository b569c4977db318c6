import { type Static, Type } from '@sinclair/typebox';
import { fullAtOf } from '../../config/config.ts';
import { SfuError } from '../../core/errors.ts';
import { Id, Reason } from '../../core/schemas.ts';
import { notStressed, stressLevel } from '../../core/stress.ts';
import { nodesWithRoom } from '../everywhere.ts';
import { AuditEntry, MeshNode, Node, PlacedNode, Worker } from '../node-schemas.ts';
import { defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { defaultPageSize, pageOfRows, readPlaces, writePlaces } from '../paging.ts';
import { placeClient } from '../placement.ts';
import { pageOf, paging, params, TopRooms } from '../schemas.ts';

const NodeName = Type.Optional(
  Type.String({ minLength: 1, maxLength: 128, description: 'Of a mesh; by default the node that answers' }),
);

export const getNode = defineOperation({
  name: 'getNode',
  verb: 'GET',
  path: '/node',
  doc: 'The state of this server now.',
  scope: 'read',
  params: params({}),
  result: Node,
  errors: [],
  example: {},
  run: (context) => describeNode(context),
});

export const listNodes = defineOperation({
  name: 'listNodes',
  verb: 'GET',
  path: '/nodes',
  doc: 'The nodes of the mesh, the one that answers first; a server that is alone is the only one.',
  scope: 'read',
  params: params({}),
  result: Type.Object({ items: Type.Array(MeshNode) }),
  errors: [],
  example: {},
  run: ({ nodes }) => ({ items: nodes() }),
});

export const getPlacement = defineOperation({
  name: 'getPlacement',
  verb: 'GET',
  path: '/placement',
  doc: 'Where a client should connect, the best node first, and why: in its region, then where its room is while that node has half of what it takes left, then where the stress is least and fewest peers are; one that is full comes last. The client library measures by itself; this is for applications that name one server to their clients.',
  scope: 'read',
  params: params({
    region: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Where the client is: the region of a node' }),
    ),
    room: Type.Optional(Id),
  }),
  result: Type.Object({ items: Type.Array(PlacedNode) }),
  errors: [],
  example: { region: 'ams' },
  run: async (context, { region, room }) => {
    const withRoom = room === undefined ? [] : await nodesWithRoom(context, room);
    // As the other nodes have it, too: they have the same settings.
    const fullAt = fullAtOf(context.config);
    return { items: placeClient(context.nodes(), { region, withRoom: new Set(withRoom), fullAt }) };
  },
});

export const drainNode = defineOperation({
  name: 'drainNode',
  verb: 'POST',
  path: '/node/drain',
  doc: 'Starts a drain: the server takes no new rooms, asks clients to connect elsewhere, and closes the remaining rooms at the deadline. The process keeps running. Does nothing while a drain is running.',
  scope: 'node',
  params: params({
    seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 24 * 3600,
        description: 'Time until the deadline; by default the setting of the server',
      }),
    ),
    node: NodeName,
    reason: Type.Optional(Reason),
  }),
  result: Node,
  status: 202,
  errors: ['not_found'],
  example: { seconds: 600, reason: 'a new version' },
  async run(context, { seconds = context.config.drainSeconds, node, reason }) {
    requireNode(context, node);
    await context.commands.drain({ milliseconds: seconds * 1000, node, ...requesterOf(context, reason) });
    return describeNode(context);
  },
});

export const cancelDrain = defineOperation({
  name: 'cancelDrain',
  verb: 'DELETE',
  path: '/node/drain',
  doc: 'Cancels a drain: the server takes new rooms again. Rooms that were closed stay closed.',
  scope: 'node',
  params: params({ node: NodeName, reason: Type.Optional(Reason) }),
  result: Node,
  errors: ['wrong_state', 'not_found'],
  example: {},
  async run(context, { node, reason }) {
    requireNode(context, node);
    await context.commands.cancelDrain({ node, ...requesterOf(context, reason) });
    return describeNode(context);
  },
});

export const listWorkers = defineOperation({
  name: 'listWorkers',
  verb: 'GET',
  path: '/workers',
  doc: 'The media workers, in the order of their indices.',
  scope: 'read',
  params: params({}),
  result: Type.Object({ items: Type.Array(Worker) }),
  errors: [],
  example: {},
  run({ sfu }) {
    const { workers } = sfu.read.stress();
    const stressOf = (index: number) => stressLevel(workers.get(index) ?? notStressed);
    return { items: sfu.read.workers().map((worker) => ({ ...worker, stress: stressOf(worker.index) })) };
  },
});

export const listAudit = defineOperation({
  name: 'listAudit',
  verb: 'GET',
  path: '/audit',
  doc: 'The audit log: who did what to whom, from where, why, and with what result; the newest first. In a mesh those of every node.',
  scope: 'moderate',
  params: params({
    text: Type.Optional(Type.String({ maxLength: 200, description: 'Text to find in any field' })),
    roomId: Type.Optional(Id),
    ...paging,
  }),
  result: pageOf(AuditEntry),
  errors: [],
  example: { text: 'peer.remove' },
  async run({ store, mesh, warn }, { text, roomId, ...query }) {
    if (!mesh) return pageOfRows((page) => store.audit.search({ text, roomId, ...page }), query);
    const { limit = defaultPageSize, cursor } = query;
    const place = cursor === undefined ? {} : readPlaces(cursor);
    const wanted = { text: text ?? null, roomId: roomId ?? null, limit };
    const { entries, next, silent } = await mesh.audit(wanted, place);
    if (silent.length > 0) warn?.(`${silent.join(', ')} did not answer: the entries there are missing`);
    return { items: entries, nextCursor: next && writePlaces(next) };
  },
});

export const getTopRooms = defineOperation({
  name: 'getTopRooms',
  verb: 'GET',
  path: '/metrics/top',
  doc: 'The ten worst rooms by packet loss, by round-trip time and by score, from the last samples of the metrics.',
  scope: 'read',
  params: params({}),
  result: TopRooms,
  errors: [],
  example: {},
  run: ({ topRooms }) => topRooms(),
});

/** @throws SfuError not_found for a name that no node has */
export function requireNode({ nodes }: OperationContext, name: string | undefined): void {
  if (name === undefined || nodes().some((node) => node.name === name)) return;
  throw new SfuError('not_found', `there is no node "${name}"; listNodes has those that are there`);
}

function describeNode({ sfu, clock }: OperationContext): Static<typeof Node> {
  const { workers, rooms, connected, joined, producers, consumers } = sfu.read.counts();
  const unreadyReasons = sfu.unreadyReasons();
  return {
    time: clock.now(),
    ready: unreadyReasons.length === 0,
    unreadyReasons,
    drainDeadline: sfu.drainDeadline,
    workers,
    rooms,
    peers: connected + joined,
    producers,
    consumers,
    stress: stressLevel(sfu.read.stress()),
  };
}
