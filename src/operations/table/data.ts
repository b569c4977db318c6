import { Type } from '@sinclair/typebox';
import { Id } from '../../core/schemas.ts';
import { pageOfPeer } from '../lists.ts';
import { defineOperation } from '../operation.ts';
import { pageOf, paging, params, time } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const openedAt = time('When it was opened');

export const listDataProducers = defineOperation({
  name: 'listDataProducers',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId/data-producers',
  doc: 'The data channels on which a peer sends, in the order of their ids.',
  scope: 'read',
  params: params({ ...peerTarget, ...paging }),
  result: pageOf(Type.Object({ id: Id, label: Type.String(), protocol: Type.String(), openedAt })),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  run: (context, { roomId, peerId, ...page }) =>
    pageOfPeer(context, { list: 'dataProducers', roomId, peerId }, page),
});

export const listDataConsumers = defineOperation({
  name: 'listDataConsumers',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId/data-consumers',
  doc: 'The data channels on which a peer receives, in the order of their ids.',
  scope: 'read',
  params: params({ ...peerTarget, ...paging }),
  result: pageOf(Type.Object({ id: Id, dataProducerId: Id, label: Type.String(), openedAt })),
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  run: (context, { roomId, peerId, ...page }) =>
    pageOfPeer(context, { list: 'dataConsumers', roomId, peerId }, page),
});
