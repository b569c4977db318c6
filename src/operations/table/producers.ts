import { type Static, Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { Id, MediaKind, Nothing, Reason, Source } from '../../core/schemas.ts';
import { mediaCall } from '../../sfu/media/media-call.ts';
import type { Publication } from '../../sfu/rooms/peer.ts';
import { producerSnapshot } from '../../sfu/rooms/snapshot.ts';
import type { Sfu } from '../../sfu/sfu.ts';
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
    const chosen = publicationsOf(sfu, roomId).filter(
      ({ peer, producer, source: own }) =>
        (peerId === undefined || peer.id === peerId) &&
        (kind === undefined || producer.kind === kind) &&
        (source === undefined || own === source),
    );
    const { items, nextCursor } = pageByKey(
      chosen.map((publication) => [publication.producer.id, publication]),
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
  run: ({ sfu }, { roomId, producerId }) => describeProducer(find(sfu, roomId, producerId)),
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
    const { producer } = find(sfu, roomId, producerId);
    return statsOf(await mediaCall(producer, 'reading statistics', () => producer.getStats()));
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
    const publication = find(context.sfu, roomId, producerId);
    await context.moderation.muteProducer(targetOf(context, publication, reason));
    return describeProducer(publication);
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
    const publication = find(context.sfu, roomId, producerId);
    await context.moderation.allowProducer(targetOf(context, publication, reason));
    return describeProducer(publication);
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
    const publication = find(context.sfu, roomId, producerId);
    await context.moderation.closeProducer(targetOf(context, publication, reason));
    return {};
  },
});

function publicationsOf(sfu: Sfu, roomId: string): Publication[] {
  return [...sfu.room(roomId).peers.values()].flatMap(({ publications }) => [...publications.values()]);
}

function find(sfu: Sfu, roomId: string, producerId: string): Publication {
  const found = publicationsOf(sfu, roomId).find(({ producer }) => producer.id === producerId);
  if (found) return found;
  throw new SfuError(
    'not_found',
    `there is no producer "${producerId}" in room "${roomId}"; it may have been closed`,
  );
}

function targetOf(context: OperationContext, { peer, producer }: Publication, reason?: string) {
  return { ...peer.ref, producerId: producer.id, ...askerOf(context, reason) };
}

function describeProducer(publication: Publication): Immutable<Static<typeof Producer>> {
  const { id, kind, source, type, codec, paused, pausedBy, score, openedAt } = producerSnapshot(publication);
  const peerId = publication.peer.id;
  // mediasoup knows no producer of the type `pipe` on a transport of a peer.
  return { id, peerId, kind, source, type, codec, paused, pausedBy, score, openedAt };
}
