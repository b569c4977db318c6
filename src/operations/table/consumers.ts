import { Type } from '@sinclair/typebox';
import { Id, MediaKind, Nothing, Reason } from '../../core/schemas.ts';
import { findEverywhere, pageEverywhere, statisticsEverywhere } from '../lists.ts';
import { defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { Consumer, pageOf, paging, params, Stats } from '../schemas.ts';
import { describeStats } from './stats.ts';

const target = { roomId: Id, consumerId: Id };
const example = { roomId: 'room', consumerId: '{consumer}' };

export const listConsumers = defineOperation({
  name: 'listConsumers',
  verb: 'GET',
  path: '/rooms/:roomId/consumers',
  doc: 'The consumers of a room, in the order of their ids.',
  scope: 'read',
  params: params({
    roomId: Id,
    peerId: Type.Optional(Id),
    producerId: Type.Optional(Id),
    kind: Type.Optional(MediaKind),
    ...paging,
  }),
  result: pageOf(Consumer),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  run: (context, { limit, cursor, ...wanted }) =>
    pageEverywhere(context, { list: 'consumers', ...wanted }, { limit, cursor }),
});

export const getConsumer = defineOperation({
  name: 'getConsumer',
  verb: 'GET',
  path: '/rooms/:roomId/consumers/:consumerId',
  doc: 'One consumer.',
  scope: 'read',
  params: params(target),
  result: Consumer,
  versioned: true,
  errors: ['not_found'],
  example,
  run: (context, target) => findConsumer(context, target),
});

export const getConsumerStats = defineOperation({
  name: 'getConsumerStats',
  verb: 'GET',
  path: '/rooms/:roomId/consumers/:consumerId/stats',
  doc: 'Statistics of a consumer and of its producer, read from the media worker now.',
  scope: 'read',
  params: params(target),
  result: Stats,
  errors: ['not_found', 'gone'],
  example,
  async run(context, target) {
    const { id, node } = await findConsumer(context, target);
    return describeStats(await statisticsEverywhere(context, { roomId: target.roomId, id, node }));
  },
});

/** What the operations that pause and resume a consumer have in common. */
const pausing = {
  path: '/rooms/:roomId/consumers/:consumerId/pause',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Consumer,
  errors: ['not_found', 'gone'],
  example,
} as const;

export const pauseConsumer = defineOperation({
  name: 'pauseConsumer',
  verb: 'PUT',
  doc: 'Pauses what a peer receives. The peer is notified and may resume it.',
  ...pausing,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.pauseConsumer(await targetOf(context, { roomId, consumerId }, reason));
    return await findConsumer(context, { roomId, consumerId });
  },
});

export const resumeConsumer = defineOperation({
  name: 'resumeConsumer',
  verb: 'DELETE',
  doc: 'Lets a peer receive again.',
  ...pausing,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.resumeConsumer(await targetOf(context, { roomId, consumerId }, reason));
    return await findConsumer(context, { roomId, consumerId });
  },
});

export const closeConsumer = defineOperation({
  name: 'closeConsumer',
  verb: 'DELETE',
  path: '/rooms/:roomId/consumers/:consumerId',
  doc: 'Closes what a peer receives. The peer is notified.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.closeConsumer(await targetOf(context, { roomId, consumerId }, reason));
    return {};
  },
});

interface Target {
  readonly roomId: string;
  readonly consumerId: string;
}

function findConsumer(context: OperationContext, { roomId, consumerId: id }: Target) {
  return findEverywhere(context, { list: 'consumers', roomId, id });
}

async function targetOf(context: OperationContext, { roomId, consumerId }: Target, reason?: string) {
  const { peerId } = await findConsumer(context, { roomId, consumerId });
  return { roomId, peerId, consumerId, ...requesterOf(context, reason) };
}
