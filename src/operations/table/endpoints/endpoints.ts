import { Type } from '@sinclair/typebox';
import { Id, Nothing } from '../../../core/schemas.ts';
import { cleanName } from '../../../core/text.ts';
import { requireId } from '../../../wire/check.ts';
import { RtpCapabilities } from '../../../wire/rtp.ts';
import {
  EndpointConsumer,
  EndpointInfo,
  EndpointProducer,
  endpointRef,
  keep,
  TransportInfo,
} from '../../endpoint-schemas.ts';
import { ownerOf } from '../../holdings/owner.ts';
import { defineOperation } from '../../operation.ts';
import { pageById } from '../../paging.ts';
import { Metadata, Publish, pageOf, paging, params } from '../../schemas.ts';
import { checkMetadata } from '../metadata.ts';
import {
  describeConsumer,
  describeEndpoint,
  describeProducer,
  describeTransport,
  isRtpTransport,
} from './describe.ts';
import { ownEndpoint } from './own-endpoint.ts';

export const createEndpoint = defineOperation({
  name: 'createEndpoint',
  verb: 'POST',
  path: '/rooms/:roomId/endpoints',
  doc: 'Enters a room as a peer that you act for, because its media does not come from a WebRTC client: a telephone, an encoder, another server. The room is opened if it is not there. The answer says what media the room supports.',
  scope: 'media',
  params: params({
    ...endpointRef,
    displayName: Type.Optional(Type.String({ maxLength: 256 })),
    metadata: Type.Optional(Metadata),
    publish: Type.Optional(Publish),
    subscribe: Type.Optional(Type.Boolean({ description: 'Whether it may receive; true by default' })),
    hidden: Type.Optional(
      Type.Boolean({
        description: 'Whether other peers do not see it, such as a recorder; false by default',
      }),
    ),
    keep: Type.Optional(keep),
  }),
  result: Type.Object({ ...EndpointInfo.properties, rtpCapabilities: RtpCapabilities }),
  status: 201,
  errors: [
    'wrong_state',
    'gone',
    'banned',
    'room_locked',
    'room_full',
    'room_closed',
    'draining',
    'worker_unavailable',
  ],
  example: { roomId: '{room}', peerId: 'telephone', displayName: '+44 20 7946 0000' },
  async run(context, { roomId, peerId, displayName, metadata = {}, keep = false, ...grants }) {
    const { publish = true, subscribe = true, hidden = false } = grants;
    requireId('roomId', roomId);
    requireId('peerId', peerId);
    checkMetadata(metadata);
    const identity = {
      roomId,
      peerId,
      subject: peerId,
      program: context.caller.by.id,
      displayName: cleanName(displayName ?? peerId),
      metadata,
      grants: { publish, subscribe, hidden, moderate: false },
      issuedAt: context.clock.now(),
      address: context.caller.address,
    };
    const endpoint = await context.holdings.addEndpoint({ identity, owner: ownerOf(context), keep });
    return { ...describeEndpoint(endpoint), rtpCapabilities: endpoint.room.routers.rtpCapabilities };
  },
});

export const listEndpoints = defineOperation({
  name: 'listEndpoints',
  verb: 'GET',
  path: '/rooms/:roomId/endpoints',
  doc: 'The endpoints in a room, of all programs, with their owners.',
  scope: 'read',
  params: params({ roomId: Id, ...paging }),
  result: pageOf(EndpointInfo),
  errors: ['not_found'],
  example: { roomId: '{room}' },
  run: ({ holdings }, { roomId, ...query }) =>
    pageById(holdings.endpointsIn(roomId).map(describeEndpoint), query),
});

export const getEndpoint = defineOperation({
  name: 'getEndpoint',
  verb: 'GET',
  path: '/rooms/:roomId/endpoints/:peerId',
  doc: 'One endpoint with its transports, producers and consumers.',
  scope: 'read',
  params: params(endpointRef),
  result: Type.Object({
    ...EndpointInfo.properties,
    transports: Type.Array(TransportInfo),
    producers: Type.Array(EndpointProducer),
    consumers: Type.Array(EndpointConsumer),
  }),
  errors: ['not_found'],
  example: { roomId: '{room}', peerId: '{endpoint}' },
  run({ holdings }, { roomId, peerId }) {
    const endpoint = holdings.endpoint(roomId, peerId);
    const { transports, publications, subscriptions } = endpoint.peer;
    return {
      ...describeEndpoint(endpoint),
      transports: [...transports.values()].filter(isRtpTransport).map(describeTransport),
      producers: [...publications.values()].map(describeProducer),
      consumers: [...subscriptions.values()].map(describeConsumer),
    };
  },
});

export const closeEndpoint = defineOperation({
  name: 'closeEndpoint',
  verb: 'DELETE',
  path: '/rooms/:roomId/endpoints/:peerId',
  doc: 'Closes your endpoint and frees its ports.',
  scope: 'media',
  params: params(endpointRef),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: '{room}', peerId: '{endpoint}' },
  run(context, ref) {
    context.holdings.closeEndpoint(ownEndpoint(context, ref), context.caller.by);
    return {};
  },
});

export const takeOverEndpoint = defineOperation({
  name: 'takeOverEndpoint',
  verb: 'PUT',
  path: '/rooms/:roomId/endpoints/:peerId/owner',
  doc: 'Makes an endpoint yours, whoever owns it. Its former owner is notified.',
  scope: 'media',
  params: params(endpointRef),
  result: EndpointInfo,
  errors: ['not_found'],
  example: { roomId: '{room}', peerId: '{endpoint}' },
  run(context, { roomId, peerId }) {
    const endpoint = context.holdings.endpoint(roomId, peerId);
    context.holdings.takeOver(endpoint, ownerOf(context));
    return describeEndpoint(endpoint);
  },
});
