import { type Static, Type } from '@sinclair/typebox';
import { Id, MediaKind, Nothing, Reason, Source } from '../../core/schemas.ts';
import { type ProducerSomewhere, producerSomewhere, producersEverywhere } from '../everywhere.ts';
import { statisticsEverywhere } from '../lists.ts';
import { type DeepReadonly, defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { pageById } from '../paging.ts';
import { Producer, pageOf, paging, params, Stats } from '../schemas.ts';
import { describeStats } from './stats.ts';

type ProducerShape = DeepReadonly<Static<typeof Producer>>;

const target = { roomId: Id, producerId: Id };
const example = { roomId: 'room', producerId: '{producer}' };

export const listProducers = defineOperation({
  name: 'listProducers',
  verb: 'GET',
  path: '/rooms/:roomId/producers',
  doc: 'The producers of a room, in the order of their ids.',
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
  async run(context, { roomId, peerId, kind, source, ...query }) {
    const all = await producersEverywhere(context, roomId);
    const found = all.filter(
      (producer) =>
        (peerId === undefined || producer.peerId === peerId) &&
        (kind === undefined || producer.kind === kind) &&
        (source === undefined || producer.source === source),
    );
    const { items, nextCursor } = pageById(found, query);
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
  run: (context, { roomId, producerId }) => readProducer(context, roomId, producerId),
});

export const getProducerStats = defineOperation({
  name: 'getProducerStats',
  verb: 'GET',
  path: '/rooms/:roomId/producers/:producerId/stats',
  doc: 'Statistics of a producer, read from the media worker now.',
  scope: 'read',
  params: params(target),
  result: Stats,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { roomId, producerId }) {
    const { id, node } = await producerSomewhere(context, roomId, producerId);
    return describeStats(await statisticsEverywhere(context, { roomId, id, node }));
  },
});

/** What the operations that mute a producer and end the mute have in common. */
const muting = {
  path: '/rooms/:roomId/producers/:producerId/pause',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Producer,
  example,
} as const;

export const muteProducer = defineOperation({
  name: 'muteProducer',
  verb: 'PUT',
  doc: 'Mutes what a peer sends, as a moderator does. It stays paused until the mute is ended and the peer resumes it.',
  ...muting,
  errors: ['not_found', 'gone'],
  async run(context, { roomId, producerId, reason }) {
    await context.commands.muteProducer(await targetOf(context, { roomId, producerId }, reason));
    return await readProducer(context, roomId, producerId);
  },
});

export const allowProducer = defineOperation({
  name: 'allowProducer',
  verb: 'DELETE',
  doc: 'Ends a mute: the peer may resume what it sends. It stays paused until the peer does.',
  ...muting,
  errors: ['not_found'],
  async run(context, { roomId, producerId, reason }) {
    await context.commands.allowProducer(await targetOf(context, { roomId, producerId }, reason));
    return await readProducer(context, roomId, producerId);
  },
});

export const closeProducer = defineOperation({
  name: 'closeProducer',
  verb: 'DELETE',
  path: '/rooms/:roomId/producers/:producerId',
  doc: 'Closes what a peer sends. The peer is notified and may produce again.',
  scope: 'moderate',
  params: params({ ...target, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  async run(context, { roomId, producerId, reason }) {
    await context.commands.closeProducer(await targetOf(context, { roomId, producerId }, reason));
    return {};
  },
});

async function targetOf(
  context: OperationContext,
  { roomId, producerId }: { roomId: string; producerId: string },
  reason?: string,
) {
  const { peerId } = await producerSomewhere(context, roomId, producerId);
  return { roomId, peerId, producerId, ...requesterOf(context, reason) };
}

/** @throws SfuError not_found */
function readProducer(
  context: OperationContext,
  roomId: string,
  producerId: string,
): ProducerShape | Promise<ProducerShape> {
  const found = producerSomewhere(context, roomId, producerId);
  return found instanceof Promise ? found.then(describeProducer) : describeProducer(found);
}

function describeProducer(producer: ProducerSomewhere): ProducerShape {
  const { id, peerId, kind, source, type, codec, paused, pausedBy, score, openedAt, node } = producer;
  const place = node === undefined ? {} : { node };
  return { id, peerId, kind, source, type, codec, paused, pausedBy, ...place, score, openedAt };
}
