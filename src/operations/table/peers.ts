import { type Static, Type } from '@sinclair/typebox';
import { Id, Nothing, Reason } from '../../core/schemas.ts';
import type { Sfu } from '../../sfu/sfu.ts';
import { type DeepReadonly, defineOperation, requesterOf } from '../operation.ts';
import { pageByKey } from '../paging.ts';
import { Metadata, Peer, Publish, pageOf, paging, params } from '../schemas.ts';
import { checkMetadata } from './metadata.ts';

/** The params that name a peer. */
export const peerTarget = { roomId: Id, peerId: Id };

export const listPeers = defineOperation({
  name: 'listPeers',
  verb: 'GET',
  path: '/rooms/:roomId/peers',
  doc: 'The peers of a room, in the order of their ids; with `subject` all connections of one person or program.',
  scope: 'read',
  params: params({
    roomId: Id,
    subject: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'Only the peers of this subject' }),
    ),
    ...paging,
  }),
  result: pageOf(Peer),
  errors: ['not_found'],
  example: { roomId: 'room' },
  run({ sfu }, { roomId, subject, ...query }) {
    const ids = sfu.read.peerIds(roomId, subject);
    const { items, nextCursor } = pageByKey(
      ids.map((id) => [id, id] as const),
      query,
    );
    return { items: items.map((id) => readPeer(sfu, roomId, id)), nextCursor };
  },
});

export const getPeer = defineOperation({
  name: 'getPeer',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId',
  doc: 'One peer.',
  scope: 'read',
  params: params(peerTarget),
  result: Peer,
  versioned: true,
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  run: ({ sfu }, { roomId, peerId }) => readPeer(sfu, roomId, peerId),
});

export const changePeer = defineOperation({
  name: 'changePeer',
  verb: 'PATCH',
  path: '/rooms/:roomId/peers/:peerId',
  doc: 'Replaces the metadata of a peer and sets what it may publish; what it may no longer publish is closed. Both last until the peer connects again.',
  scope: 'moderate',
  params: params({
    ...peerTarget,
    metadata: Type.Optional(Metadata),
    publish: Type.Optional(Publish),
    reason: Type.Optional(Reason),
  }),
  result: Peer,
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice', metadata: { seat: 7 }, publish: ['audio'] },
  async run(context, { metadata, publish, reason, ...target }) {
    const { commands, sfu } = context;
    checkMetadata(metadata);
    sfu.read.peer(target.roomId, target.peerId);
    const request = { ...target, ...requesterOf(context, reason) };
    await Promise.all([
      metadata !== undefined && commands.setPeerMetadata({ ...request, metadata }),
      publish !== undefined && commands.setPublish({ ...request, publish }),
    ]);
    return readPeer(sfu, target.roomId, target.peerId);
  },
});

export const removePeer = defineOperation({
  name: 'removePeer',
  verb: 'DELETE',
  path: '/rooms/:roomId/peers/:peerId',
  doc: 'Removes a peer from its room and makes its tokens void. Answers when its socket and its media are closed.',
  scope: 'moderate',
  params: params({ ...peerTarget, reason: Type.Optional(Reason) }),
  result: Nothing,
  status: 204,
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice', reason: 'not invited' },
  async run(context, { reason, ...target }) {
    await context.commands.removePeer({ ...target, ...requesterOf(context, reason) });
    return {};
  },
});

/** @throws SfuError not_found */
function readPeer(sfu: Pick<Sfu, 'read'>, roomId: string, peerId: string): DeepReadonly<Static<typeof Peer>> {
  const { id, subject, state, displayName, device, metadata, ...rest } = sfu.read.peer(roomId, peerId);
  const { address, tokenId, grants, publish, connectedAt, joinedAt, worker } = rest;
  const connections = sfu.read.peerIds(roomId, subject).filter((other) => other !== id);
  const identity = { id, roomId, subject, connections, state, displayName, device, address, tokenId };
  return { ...identity, metadata: { ...metadata }, grants, publish, connectedAt, joinedAt, worker };
}
