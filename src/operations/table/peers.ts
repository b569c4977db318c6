import { type Static, Type } from '@sinclair/typebox';
import { AttributeChanges } from '../../core/attributes.ts';
import { unknownQuality } from '../../core/quality.ts';
import { Id, Nothing, orNull, Reason } from '../../core/schemas.ts';
import { type Among, type PeerHere, peerAmongAll, peersEverywhere, requirePeer } from '../everywhere.ts';
import { type DeepReadonly, defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { pageById } from '../paging.ts';
import { Metadata, Peer, Publish, pageOf, paging, params } from '../schemas.ts';
import { checkMetadata } from './metadata.ts';

type PeerShape = DeepReadonly<Static<typeof Peer>>;

/** The params that name a peer. */
export const peerTarget = { roomId: Id, peerId: Id };
type Target = { readonly roomId: string; readonly peerId: string };

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
  async run(context, { roomId, subject, ...query }) {
    const all = await peersEverywhere(context, roomId);
    const found = all.filter((peer) => subject === undefined || peer.subject === subject);
    const { items, nextCursor } = pageById(found, query);
    return { items: items.map((peer) => describePeer(roomId, peer, all)), nextCursor };
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
  run: (context, target) => readPeer(context, target),
});

export const changePeer = defineOperation({
  name: 'changePeer',
  verb: 'PATCH',
  path: '/rooms/:roomId/peers/:peerId',
  doc: 'Replaces the metadata of a peer, changes its attributes, and sets what it may publish; what it may no longer publish is closed. Metadata and attributes last until the peer connects again; what it may publish holds for its subject as long as the room is open.',
  scope: 'moderate',
  params: params({
    ...peerTarget,
    metadata: Type.Optional(Metadata),
    attributes: Type.Optional(AttributeChanges),
    publish: Type.Optional(orNull(Publish, 'null for what its token grants')),
    reason: Type.Optional(Reason),
  }),
  result: Peer,
  errors: ['not_found', 'limit_reached'],
  example: {
    roomId: 'room',
    peerId: 'alice',
    metadata: { seat: 7 },
    attributes: { mood: 'calm' },
    publish: ['audio'],
  },
  async run(context, { metadata, attributes, publish, reason, ...target }) {
    const { commands } = context;
    checkMetadata(metadata);
    requirePeer(context, target);
    const request = { ...target, ...requesterOf(context, reason) };
    await Promise.all([
      metadata !== undefined && commands.setPeerMetadata({ ...request, metadata }),
      attributes !== undefined && commands.setPeerAttributes({ ...request, changes: attributes }),
      publish !== undefined && commands.setPublish({ ...request, publish: publish ?? { ofGranted: true } }),
    ]);
    return await readPeer(context, target);
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
function readPeer(context: OperationContext, target: Target): PeerShape | Promise<PeerShape> {
  const found = peerAmongAll(context, target);
  const describe = ({ peer, all }: Among) => describePeer(target.roomId, peer, all);
  return found instanceof Promise ? found.then(describe) : describe(found);
}

function describePeer(roomId: string, peer: PeerHere, all: readonly PeerHere[]): PeerShape {
  const { id, subject, state, displayName, device, metadata, attributes = {} } = peer;
  const { address, tokenId, grants, publish, connectedAt, joinedAt, awaySince = null, worker, node } = peer;
  const { quality = unknownQuality, movedFrom } = peer;
  const connections = all
    .filter((other) => other.subject === subject && other.id !== id)
    .map((other) => other.id);
  const identity = { id, roomId, subject, connections, state, displayName, device, address, tokenId };
  const place = {
    ...{ awaySince, quality, worker },
    ...(node !== undefined && { node }),
    ...(movedFrom !== undefined && { movedFrom }),
  };
  const said = { metadata: { ...metadata }, attributes: { ...attributes } };
  return { ...identity, ...said, grants, publish, connectedAt, joinedAt, ...place };
}
