import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../../core/schemas.ts';
import { mediaCall } from '../../../sfu/media/media-call.ts';
import { closeSubscription, pauseSubscription, resumeSubscription } from '../../../sfu/rooms/subscribing.ts';
import { subscribeForGood } from '../../../sfu/rooms/subscribing-again.ts';
import { RtpCapabilities } from '../../../wire/rtp.ts';
import { EndpointConsumer, endpointRef } from '../../endpoint-schemas.ts';
import { defineOperation } from '../../operation.ts';
import { params } from '../../schemas.ts';
import { describeConsumer } from './describe.ts';
import { ownEndpoint } from './own-endpoint.ts';

const consumerRef = { ...endpointRef, consumerId: Id };
const example = { roomId: '{room}', peerId: '{endpoint}', consumerId: '{consumer}' };

export const consume = defineOperation({
  name: 'consume',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/consumers',
  doc: 'Sends a publication of the room out over a transport. The rtpParameters of the answer describe what the other side gets. rtpCapabilities describe what it can play; by default everything that the room offers. When media of another node is lost on the way, a plain transport gets it again by itself, as a consumer of another id and SSRC; over a WebRTC or pipe transport, consume again.',
  scope: 'media',
  params: params({
    ...endpointRef,
    transportId: Id,
    producerId: Id,
    rtpCapabilities: Type.Optional(RtpCapabilities),
    paused: Type.Optional(Type.Boolean({ description: 'Whether it starts paused; false by default' })),
  }),
  result: EndpointConsumer,
  errors: ['not_found', 'wrong_state', 'unsupported', 'media_rejected', 'gone'],
  example: {
    roomId: '{room}',
    peerId: '{endpoint}',
    transportId: '{transport}',
    producerId: '{remoteProducer}',
  },
  async run(context, { producerId, transportId, paused = false, rtpCapabilities, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const publication = room.publication(producerId);
    const capabilities = rtpCapabilities ?? room.routers.rtpCapabilities;
    const options = { paused, transportId, rtpCapabilities: capabilities };
    return describeConsumer(await subscribeForGood(room, peer, publication, options));
  },
});

/** What the operations that pause and resume a consumer have in common. */
const pausing = {
  verb: 'POST',
  scope: 'media',
  params: params(consumerRef),
  result: EndpointConsumer,
  errors: ['not_found', 'gone'],
  example,
} as const;

export const pauseEndpointConsumer = defineOperation({
  name: 'pauseEndpointConsumer',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId/pause',
  doc: 'Pauses what your endpoint receives.',
  ...pausing,
  async run(context, { consumerId, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const subscription = peer.subscription(consumerId);
    await pauseSubscription(room, subscription);
    return describeConsumer(subscription);
  },
});

export const resumeEndpointConsumer = defineOperation({
  name: 'resumeEndpointConsumer',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId/resume',
  doc: 'Resumes what your endpoint receives.',
  ...pausing,
  async run(context, { consumerId, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const subscription = peer.subscription(consumerId);
    await resumeSubscription(room, subscription);
    return describeConsumer(subscription);
  },
});

export const closeEndpointConsumer = defineOperation({
  name: 'closeEndpointConsumer',
  verb: 'DELETE',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId',
  doc: 'Closes what your endpoint receives.',
  scope: 'media',
  params: params(consumerRef),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example,
  run(context, { consumerId, ...ref }) {
    closeSubscription(ownEndpoint(context, ref).peer.subscription(consumerId), 'peer');
    return {};
  },
});

export const requestEndpointKeyFrame = defineOperation({
  name: 'requestEndpointKeyFrame',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId/key-frame',
  doc: 'Asks the sender of a video for a key frame, so that a new viewer or a recording can start.',
  scope: 'media',
  params: params(consumerRef),
  result: Nothing,
  status: 204,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { consumerId, ...ref }) {
    const { consumer } = ownEndpoint(context, ref).peer.subscription(consumerId);
    await mediaCall(consumer, 'asking for a key frame', () => consumer.requestKeyFrame());
    return {};
  },
});
