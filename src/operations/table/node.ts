import { type Static, Type } from '@sinclair/typebox';
import { Id, Reason } from '../../core/schemas.ts';
import { AuditEntry, Node, Worker } from '../node-schemas.ts';
import { askerOf, defineOperation, type OperationContext } from '../operation.ts';
import { pageOfRows } from '../paging.ts';
import { pageOf, paging, params, TopRooms } from '../schemas.ts';

export const getNode = defineOperation({
  name: 'getNode',
  verb: 'GET',
  path: '/node',
  doc: 'What this server does at this moment.',
  scope: 'read',
  params: params({}),
  result: Node,
  errors: [],
  example: {},
  run: (context) => describeNode(context),
});

export const drainNode = defineOperation({
  name: 'drainNode',
  verb: 'POST',
  path: '/node/drain',
  doc: 'Takes no new rooms from now on, tells calls, and ends those that are left at the deadline. The process goes on. Does nothing while a drain runs.',
  scope: 'node',
  params: params({
    seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 24 * 3600, description: 'The setting of the server unless told' }),
    ),
    reason: Type.Optional(Reason),
  }),
  result: Node,
  status: 202,
  errors: [],
  example: { seconds: 600, reason: 'a new version' },
  async run(context, { seconds = context.config.drainSeconds, reason }) {
    await context.commands.drain({ milliseconds: seconds * 1000, ...askerOf(context, reason) });
    return describeNode(context);
  },
});

export const cancelDrain = defineOperation({
  name: 'cancelDrain',
  verb: 'DELETE',
  path: '/node/drain',
  doc: 'Takes new rooms again. What has been ended stays so.',
  scope: 'node',
  params: params({ reason: Type.Optional(Reason) }),
  result: Node,
  errors: ['wrong_state'],
  example: {},
  async run(context, { reason }) {
    await context.commands.cancelDrain(askerOf(context, reason));
    return describeNode(context);
  },
});

export const listWorkers = defineOperation({
  name: 'listWorkers',
  verb: 'GET',
  path: '/workers',
  doc: 'The media workers, by their indices.',
  scope: 'read',
  params: params({}),
  result: Type.Object({ items: Type.Array(Worker) }),
  errors: [],
  example: {},
  run: ({ sfu }) => ({ items: sfu.snapshot().workers }),
});

export const listAudit = defineOperation({
  name: 'listAudit',
  verb: 'GET',
  path: '/audit',
  doc: 'Who did what to whom, from where, why, and with what result; the newest first.',
  scope: 'moderate',
  params: params({
    text: Type.Optional(Type.String({ maxLength: 200, description: 'Is found in any field' })),
    roomId: Type.Optional(Id),
    ...paging,
  }),
  result: pageOf(AuditEntry),
  errors: [],
  example: { text: 'peer.remove' },
  run: ({ store }, { text, roomId, ...query }) =>
    pageOfRows((page) => store.audit.search({ text, roomId, ...page }), query),
});

export const getTopRooms = defineOperation({
  name: 'getTopRooms',
  verb: 'GET',
  path: '/metrics/top',
  doc: 'The ten worst rooms by loss, round trip and score, from the last samples of the metrics.',
  scope: 'read',
  params: params({}),
  result: TopRooms,
  errors: [],
  example: {},
  run: ({ topRooms }) => topRooms(),
});

function describeNode({ sfu, clock }: OperationContext): Static<typeof Node> {
  const { rooms, connected, joined, producers, consumers } = sfu.read.counts();
  const unreadyReasons = sfu.unreadyReasons();
  return {
    time: clock.now(),
    ready: unreadyReasons.length === 0,
    unreadyReasons,
    drainDeadline: sfu.drainDeadline,
    workers: sfu.pool.slots.filter(({ live }) => live !== undefined).length,
    rooms,
    peers: connected + joined,
    producers,
    consumers,
  };
}
