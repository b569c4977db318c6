import { Type } from '@sinclair/typebox';
import { Id, MediaKind, Nothing, Reason } from '../../core/schemas.ts';
import { askerOf, defineOperation, type OperationContext } from '../operation.ts';
import { pageByKey } from '../paging.ts';
import { Consumer, pageOf, paging, params, Stats } from '../schemas.ts';
import { statsOf } from './stats.ts';

const target = { roomId: Id, consumerId: Id };
const example = { roomId: 'room', consumerId: '{consumer}' };

export const listConsumers = defineOperation({
  name: 'listConsumers',
  verb: 'GET',
  path: '/rooms/:roomId/consumers',
  doc: 'What is received in a room, in the order of the ids.',
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
  run({ sfu }, { roomId, peerId, producerId, kind, ...query }) {
    const chosen = sfu.read
      .consumers(roomId)
      .filter(
        (consumer) =>
          (peerId === undefined || consumer.peerId === peerId) &&
          (producerId === undefined || consumer.producerId === producerId) &&
          (kind === undefined || consumer.kind === kind),
      );
    return pageByKey(
      chosen.map((consumer) => [consumer.id, consumer]),
      query,
    );
  },
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
  run: ({ sfu }, { roomId, consumerId }) => sfu.read.consumer(roomId, consumerId),
});

export const getConsumerStats = defineOperation({
  name: 'getConsumerStats',
  verb: 'GET',
  path: '/rooms/:roomId/consumers/:consumerId/stats',
  doc: 'Statistics of what the server sends of a consumer and of its producer, asked of the media worker now.',
  scope: 'read',
  params: params(target),
  result: Stats,
  errors: ['not_found', 'gone'],
  example,
  async run({ sfu }, { roomId, consumerId }) {
    const { id } = sfu.read.consumer(roomId, consumerId);
    return statsOf(await sfu.read.statistics({ roomId, id }));
  },
});

export const pauseConsumer = defineOperation({
  name: 'pauseConsumer',
  verb: 'PUT',
  path: '/rooms/:roomId/consumers/:consumerId/pause',
  doc: 'Holds what a peer receives. The peer is told, and may resume it.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Consumer,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.pauseConsumer(targetOf(context, { roomId, consumerId }, reason));
    return context.sfu.read.consumer(roomId, consumerId);
  },
});

export const resumeConsumer = defineOperation({
  name: 'resumeConsumer',
  verb: 'DELETE',
  path: '/rooms/:roomId/consumers/:consumerId/pause',
  doc: 'Lets a peer receive again.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Consumer,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.resumeConsumer(targetOf(context, { roomId, consumerId }, reason));
    return context.sfu.read.consumer(roomId, consumerId);
  },
});

export const closeConsumer = defineOperation({
  name: 'closeConsumer',
  verb: 'DELETE',
  path: '/rooms/:roomId/consumers/:consumerId',
  doc: 'Ends what a peer receives. The peer is told.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  async run(context, { roomId, consumerId, reason }) {
    await context.commands.closeConsumer(targetOf(context, { roomId, consumerId }, reason));
    return {};
  },
});

function targetOf(
  context: OperationContext,
  { roomId, consumerId }: { roomId: string; consumerId: string },
  reason?: string,
) {
  const { peerId } = context.sfu.read.consumer(roomId, consumerId);
  return { roomId, peerId, consumerId, ...askerOf(context, reason) };
}
