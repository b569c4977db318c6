import { Type } from '@sinclair/typebox';
import { Id, MediaKind, Nothing } from '../../../core/schemas.ts';
import {
  closePublication,
  pausePublication,
  publish,
  resumePublication,
} from '../../../sfu/rooms/publishing.ts';
import { AppData } from '../../../wire/envelope.ts';
import { RtpParameters } from '../../../wire/rtp.ts';
import { EndpointProducer, endpointRef } from '../../endpoint-schemas.ts';
import { defineOperation } from '../../operation.ts';
import { params } from '../../schemas.ts';
import { describeProducer } from './describe.ts';
import { ownEndpoint } from './own-endpoint.ts';

const producerRef = { ...endpointRef, producerId: Id };
const example = { roomId: '{room}', peerId: '{endpoint}', producerId: '{producer}' };

export const produce = defineOperation({
  name: 'produce',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/producers',
  doc: 'Publishes what comes in over a transport. rtpParameters describe what the other side sends; each encoding needs its ssrc, by which the packets are recognised.',
  scope: 'media',
  params: params({
    ...endpointRef,
    transportId: Id,
    kind: MediaKind,
    rtpParameters: RtpParameters,
    paused: Type.Optional(Type.Boolean()),
    appData: Type.Optional(AppData),
  }),
  result: EndpointProducer,
  errors: ['not_found', 'wrong_state', 'limit_reached', 'unsupported', 'media_rejected', 'gone'],
  example: {
    roomId: '{room}',
    peerId: '{endpoint}',
    transportId: '{transport}',
    kind: 'audio',
    rtpParameters: {
      codecs: [{ mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 }],
      encodings: [{ ssrc: 74128 }],
    },
  },
  async run(context, { roomId, peerId, paused = false, appData = {}, ...track }) {
    const { room, peer } = ownEndpoint(context, { roomId, peerId });
    return describeProducer(await publish(room, peer, { ...track, paused, appData }));
  },
});

/** What the operations that pause and resume a producer have in common. */
const pausing = {
  verb: 'POST',
  scope: 'media',
  params: params(producerRef),
  result: EndpointProducer,
  errors: ['not_found', 'gone'],
  example,
} as const;

export const pauseEndpointProducer = defineOperation({
  name: 'pauseEndpointProducer',
  path: '/rooms/:roomId/endpoints/:peerId/producers/:producerId/pause',
  doc: 'Pauses what your endpoint sends.',
  ...pausing,
  async run(context, { producerId, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const publication = peer.publication(producerId);
    await pausePublication(room, publication);
    return describeProducer(publication);
  },
});

export const resumeEndpointProducer = defineOperation({
  name: 'resumeEndpointProducer',
  path: '/rooms/:roomId/endpoints/:peerId/producers/:producerId/resume',
  doc: 'Resumes what your endpoint sends, unless a moderator muted it.',
  ...pausing,
  async run(context, { producerId, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const publication = peer.publication(producerId);
    await resumePublication(room, publication);
    return describeProducer(publication);
  },
});

export const closeEndpointProducer = defineOperation({
  name: 'closeEndpointProducer',
  verb: 'DELETE',
  path: '/rooms/:roomId/endpoints/:peerId/producers/:producerId',
  doc: 'Closes what your endpoint sends.',
  scope: 'media',
  params: params(producerRef),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  run(context, { producerId, ...ref }) {
    closePublication(ownEndpoint(context, ref).peer.publication(producerId), 'peer', context.caller.by);
    return {};
  },
});
