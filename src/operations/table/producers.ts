import { type Static, Type } from '@sinclair/typebox';
import { Id, MediaKind, Nothing, Reason, Source } from '../../core/schemas.ts';
import type { ProducerInRoom } from '../../sfu/rooms/read-model.ts';
import { askerOf, defineOperation, type Immutable, type OperationContext } from '../operation.ts';
import { pageByKey } from '../paging.ts';
import { Producer, pageOf, paging, params, Stats } from '../schemas.ts';
import { statsOf } from './stats.ts';

const target = { roomId: Id, producerId: Id };
const example = { roomId: 'room', producerId: '{producer}' };

export const listProducers = defineOperation({
  name: 'listProducers',
  verb: 'GET',
  path: '/rooms/:roomId/producers',
  doc: 'What is sent in a room, in the order of the ids.',
  scope: 'read',
  params: params({
    roomId: Id,
    peerId: Type.Optional(Id),
    kind: Type.Optional(MediaKind),
    source: Type.Optional(Source),
    ...paging,
  }),
  result: pageOf(Producer),
  errors: ['not_found'],
  example: { roomId: 'room', kind: 'audio' },
  run({ sfu }, { roomId, peerId, kind, source, ...query }) {
    const chosen = sfu.read
      .producers(roomId)
      .filter(
        (producer) =>
          (peerId === undefined || producer.peerId === peerId) &&
          (kind === undefined || producer.kind === kind) &&
          (source === undefined || producer.source === source),
      );
    const { items, nextCursor } = pageByKey(
      chosen.map((producer) => [producer.id, producer]),
      query,
    );
    return { items: items.map(describeProducer), nextCursor };
  },
});

export const getProducer = defineOperation({
  name: 'getProducer',
  verb: 'GET',
  path: '/rooms/:roomId/producers/:producerId',
  doc: 'One producer.',
  scope: 'read',
  params: params(target),
  result: Producer,
  versioned: true,
  errors: ['not_found'],
  example,
  run: ({ sfu }, { roomId, producerId }) => describeProducer(sfu.read.producer(roomId, producerId)),
});

export const getProducerStats = defineOperation({
  name: 'getProducerStats',
  verb: 'GET',
  path: '/rooms/:roomId/producers/:producerId/stats',
  doc: 'Statistics of what the server receives of a producer, asked of the media worker now.',
  scope: 'read',
  params: params(target),
  result: Stats,
  errors: ['not_found', 'gone'],
  example,
  async run({ sfu }, { roomId, producerId }) {
    const { id } = sfu.read.producer(roomId, producerId);
    return statsOf(await sfu.read.statistics({ roomId, id }));
  },
});

export const muteProducer = defineOperation({
  name: 'muteProducer',
  verb: 'PUT',
  path: '/rooms/:roomId/producers/:producerId/pause',
  doc: 'Pauses what a peer sends, as a moderator’s mute. It stays paused until it is allowed again and the peer itself resumes it.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Producer,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { roomId, producerId, reason }) {
    await context.commands.muteProducer(targetOf(context, { roomId, producerId }, reason));
    return describeProducer(context.sfu.read.producer(roomId, producerId));
  },
});

export const allowProducer = defineOperation({
  name: 'allowProducer',
  verb: 'DELETE',
  path: '/rooms/:roomId/producers/:producerId/pause',
  doc: 'Ends such a pause: the peer may resume what it sends, and does so by itself.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Producer,
  errors: ['not_found'],
  example,
  async run(context, { roomId, producerId, reason }) {
    await context.commands.allowProducer(targetOf(context, { roomId, producerId }, reason));
    return describeProducer(context.sfu.read.producer(roomId, producerId));
  },
});

export const closeProducer = defineOperation({
  name: 'closeProducer',
  verb: 'DELETE',
  path: '/rooms/:roomId/producers/:producerId',
  doc: 'Ends what a peer sends. The peer is told, and may produce again.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  async run(context, { roomId, producerId, reason }) {
    await context.commands.closeProducer(targetOf(context, { roomId, producerId }, reason));
    return {};
  },
});

function targetOf(
  context: OperationContext,
  { roomId, producerId }: { roomId: string; producerId: string },
  reason?: string,
) {
  const { peerId } = context.sfu.read.producer(roomId, producerId);
  return { roomId, peerId, producerId, ...askerOf(context, reason) };
}

function describeProducer(producer: ProducerInRoom): Immutable<Static<typeof Producer>> {
  const { id, peerId, kind, source, type, codec, paused, pausedBy, score, openedAt } = producer;
  // mediasoup knows no producer of the type `pipe` on a transport of a peer.
  return { id, peerId, kind, source, type, codec, paused, pausedBy, score, openedAt };
}
