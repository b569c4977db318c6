import { type Static, Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Id, MediaKind, Nothing, Reason } from '../../core/schemas.ts';
import { mediaCall } from '../../sfu/media/media-call.ts';
import type { Subscription } from '../../sfu/rooms/peer.ts';
import { consumerSnapshot } from '../../sfu/rooms/snapshot.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import { askerOf, defineOperation, type Immutable, type OperationContext } from '../operation.ts';
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
    const chosen = subscriptionsOf(sfu, roomId).filter(
      ({ peer, consumer }) =>
        (peerId === undefined || peer.id === peerId) &&
        (producerId === undefined || consumer.producerId === producerId) &&
        (kind === undefined || consumer.kind === kind),
    );
    const { items, nextCursor } = pageByKey(
      chosen.map((subscription) => [subscription.consumer.id, subscription]),
      query,
    );
    return { items: items.map(describeConsumer), nextCursor };
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
  run: ({ sfu }, { roomId, consumerId }) => describeConsumer(find(sfu, roomId, consumerId)),
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
    const { consumer } = find(sfu, roomId, consumerId);
    return statsOf(await mediaCall(consumer, 'reading statistics', () => consumer.getStats()));
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
    const subscription = find(context.sfu, roomId, consumerId);
    await context.moderation.pauseConsumer(targetOf(context, subscription, reason));
    return describeConsumer(subscription);
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
    const subscription = find(context.sfu, roomId, consumerId);
    await context.moderation.resumeConsumer(targetOf(context, subscription, reason));
    return describeConsumer(subscription);
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
    const subscription = find(context.sfu, roomId, consumerId);
    await context.moderation.closeConsumer(targetOf(context, subscription, reason));
    return {};
  },
});

function subscriptionsOf(sfu: Sfu, roomId: string): Subscription[] {
  return [...sfu.room(roomId).peers.values()].flatMap(({ subscriptions }) => [...subscriptions.values()]);
}

function find(sfu: Sfu, roomId: string, consumerId: string): Subscription {
  const found = subscriptionsOf(sfu, roomId).find(({ consumer }) => consumer.id === consumerId);
  if (found) return found;
  throw new SfuError(
    'not_found',
    `there is no consumer "${consumerId}" in room "${roomId}"; it may have been closed`,
  );
}

function targetOf(context: OperationContext, { peer, consumer }: Subscription, reason?: string) {
  return { ...peer.ref, consumerId: consumer.id, ...askerOf(context, reason) };
}

function describeConsumer(subscription: Subscription): Immutable<Static<typeof Consumer>> {
  return { ...consumerSnapshot(subscription), peerId: subscription.peer.id };
}
