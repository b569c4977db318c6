import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../../core/schemas.ts';
import { mediaCall } from '../../../sfu/media/media-call.ts';
import {
  closeSubscription,
  pauseSubscription,
  resumeSubscription,
  subscribe,
} from '../../../sfu/rooms/subscribing.ts';
import { RtpCapabilities } from '../../../wire/rtp.ts';
import { EndpointConsumer, endpointRef } from '../../endpoint-schemas.ts';
import { defineOperation } from '../../operation.ts';
import { params } from '../../schemas.ts';
import { describeConsumer } from './describe.ts';
import { ownEndpoint } from './own.ts';

const consumerRef = { ...endpointRef, consumerId: Id };
const example = { roomId: '{room}', peerId: '{endpoint}', consumerId: '{consumer}' };

export const consume = defineOperation({
  name: 'consume',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/consumers',
  doc: 'Sends what somebody in the room publishes out over a transport. rtpParameters of the answer say what the other side gets. rtpCapabilities say what it can play: all that the room offers, unless told.',
  scope: 'media',
  params: params({
    ...endpointRef,
    transportId: Id,
    producerId: Id,
    rtpCapabilities: Type.Optional(RtpCapabilities),
    paused: Type.Optional(Type.Boolean({ description: 'Begins held; false unless told' })),
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
    return describeConsumer(await subscribe(room, peer, publication, options));
  },
});

export const pauseEndpointConsumer = defineOperation({
  name: 'pauseEndpointConsumer',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId/pause',
  doc: 'Holds what an endpoint of yours receives.',
  scope: 'media',
  params: params(consumerRef),
  result: EndpointConsumer,
  errors: ['not_found', 'gone'],
  example,
  async run(context, { consumerId, ...ref }) {
    const { room, peer } = ownEndpoint(context, ref);
    const subscription = peer.subscription(consumerId);
    await pauseSubscription(room, subscription);
    return describeConsumer(subscription);
  },
});

export const resumeEndpointConsumer = defineOperation({
  name: 'resumeEndpointConsumer',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints/:peerId/consumers/:consumerId/resume',
  doc: 'Lets what an endpoint of yours receives flow again.',
  scope: 'media',
  params: params(consumerRef),
  result: EndpointConsumer,
  errors: ['not_found', 'gone'],
  example,
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
  doc: 'Ends what an endpoint of yours receives.',
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
  doc: 'Asks the sender of a video for a key frame, so that a new viewer or a recording can begin.',
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
