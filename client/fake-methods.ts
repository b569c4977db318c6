import { testFakeParameters } from 'mediasoup-client';
import { ClientError } from './errors.ts';
import { type FakePeer, type FakeProducer, serverSourceOf } from './fake-peer.ts';
import type { FakeRoom } from './fake-room.ts';
import { randomId } from './portable.ts';
import type { MethodName, MethodParams, MethodResult, ServerSource } from './protocol.ts';
import { qualityOf } from './quality.ts';
import { withChanges } from './remote-peer.ts';

/** Whose request it is. */
export interface Asker {
  readonly room: FakeRoom;
  readonly peer: FakePeer;
}

type Methods = {
  readonly [N in MethodName]: (asker: Asker, data: MethodParams<N>) => MethodResult<N>;
};

const nothing = () => ({});

/** What the fake server answers to each method of the protocol, as docs/protocol.md says it. @throws ClientError */
export const fakeMethods: Methods = {
  // The types of the server's configuration are wider than those of mediasoup-client.
  getRouterRtpCapabilities: () =>
    testFakeParameters.generateRouterRtpCapabilities() as MethodResult<'getRouterRtpCapabilities'>,
  createWebRtcTransport: ({ peer }, { consuming = false }) => peer.openTransport(consuming),
  connectWebRtcTransport: nothing,
  restartIce: () =>
    testFakeParameters.generateTransportRemoteParameters().iceParameters as MethodResult<'restartIce'>,

  join({ room, peer }, { displayName = '', device = {}, attributes = {}, ...wanted }) {
    peer.displayName = peer.grants.displayName ?? displayName;
    peer.device = device;
    peer.attributes = attributes;
    peer.autoSubscribe = wanted.autoSubscribe ?? true;
    peer.videoLimit = wanted.videoLimit;
    peer.watched = wanted.watch && new Set(wanted.watch);
    const consumers = room.join(peer);
    return {
      peers: room.othersOf(peer).map(({ infoWithProducers }) => infoWithProducers),
      consumers,
      locked: room.locked,
      displayName: peer.displayName,
      attributes: peer.attributes,
      permissions: peer.permissions,
    };
  },
  // In its rooms everyone is listed.
  listPeers: ({ room }) => ({ peers: [], count: room.joined.length, audience: 0 }),
  leaveCall({ room, peer }) {
    room.leave(peer, 'left');
    return {};
  },
  changeDisplayName({ room, peer }, { displayName }) {
    if (peer.grants.displayName !== undefined)
      throw new ClientError('forbidden', 'your name is set by your token and cannot be changed');
    const oldDisplayName = peer.displayName;
    peer.displayName = displayName;
    const data = { peerId: peer.id, displayName, oldDisplayName };
    room.tell({ method: 'peerDisplayNameChanged', data }, peer);
    return {};
  },
  setAttributes({ room, peer }, { attributes }) {
    changeAttributes(room, peer, attributes);
    return { attributes: { ...peer.attributes } };
  },
  reportQuality({ room, peer }, { score, cause }) {
    room.tell({ method: 'peerQuality', data: { peerId: peer.id, ...qualityOf({ score, cause }) } });
    return {};
  },
  raiseHand: ({ room, peer }) => setHand(room, peer, peer.handRaisedAt ?? Date.now()),
  lowerHand: ({ room, peer }) => setHand(room, peer, null),
  react({ room, peer }, { reaction }) {
    room.tell({ method: 'peerReaction', data: { peerId: peer.id, reaction } });
    return {};
  },
  sendMessage({ room, peer }, { to, message }) {
    requireGrant(peer, 'data');
    const there = room.othersOf(peer).filter(({ id }) => to.includes(id));
    const data = { peerId: peer.id, message };
    for (const { socket } of there) socket.notify({ method: 'peerMessage', data });
    return { missing: to.filter((id) => !there.some((other) => other.id === id)), busy: [] };
  },

  produce({ room, peer }, { kind, appData = {}, paused = false }) {
    const producer: FakeProducer = { id: randomId(), kind, appData, paused, muted: false };
    requireGrant(peer, serverSourceOf(producer));
    room.publish(peer, producer);
    return { id: producer.id };
  },
  closeProducer({ room, peer }, { producerId }) {
    room.closeProducer(peer, producerOf(peer, producerId), 'peer');
    return {};
  },
  pauseProducer({ room, peer }, { producerId }) {
    room.setPaused(producerOf(peer, producerId), true);
    return {};
  },
  resumeProducer({ room, peer }, { producerId }) {
    const producer = producerOf(peer, producerId);
    if (producer.muted) throw new ClientError('forbidden', 'a moderator muted it');
    room.setPaused(producer, false);
    return {};
  },
  produceData({ room, peer }, { sctpStreamParameters, label = '', protocol = '', appData = {} }) {
    requireGrant(peer, 'data');
    const { streamId = 0, ordered = true } = sctpStreamParameters;
    const channel = { id: randomId(), streamId, ordered, label, protocol, appData, count: 0 };
    room.publishData(peer, channel);
    return { id: channel.id, ready: true };
  },

  watch({ room, peer }, { producerIds }) {
    const watched = new Set(producerIds);
    peer.watched = watched;
    for (const [consumerId, { id, kind }] of peer.consumers)
      if (kind === 'video' && !watched.has(id)) peer.consumers.delete(consumerId);
    return { consumers: room.give(peer, 'video') };
  },
  consume({ room, peer }, { producerId }) {
    for (const other of room.othersOf(peer)) {
      const producer = other.producers.get(producerId);
      if (producer) return peer.consumerOf(other.id, producer);
    }
    throw new ClientError('not_found', `nobody in the room has a producer "${producerId}"`);
  },
  closeConsumer({ peer }, { consumerId }) {
    peer.consumers.delete(consumerId);
    return {};
  },
  pauseConsumer: nothing,
  resumeConsumer: nothing,
  resumeConsumers: nothing,
  setConsumerPreferredLayers: nothing,
  setConsumerPriority: nothing,
  requestConsumerKeyFrame: nothing,
  getTransportStats: () => [],
  getProducerStats: () => [],
  getConsumerStats: () => [],
  getDataProducerStats: ({ peer }, { dataProducerId }) => [
    { messagesReceived: peer.dataProducers.get(dataProducerId)?.count ?? 0 },
  ],
  getDataConsumerStats: () => [],
  received: nothing,
  reportGap: nothing,
  commitMove() {
    throw new ClientError('wrong_state', 'nobody moves here: the fake server is the only one');
  },
  getRtcStatsUrl: nothing,

  removePeer: moderated(({ room }, { peerId, reason = '' }) => {
    room.remove(peerId, reason);
    return {};
  }),
  muteProducer: moderated(({ room }, { peerId, producerId }) => {
    const peer = room.peer(peerId);
    room.mute(peer, producerOf(peer, producerId));
    return {};
  }),
  allowProducer: moderated(({ room }, { peerId, producerId }) => {
    const peer = room.peer(peerId);
    room.allow(peer, producerOf(peer, producerId));
    return {};
  }),
  muteAll: moderated(({ room }, { source }) => ({
    count: producersIn(room, source).filter(
      ([peer, producer]) => !peer.permissions.moderate && room.mute(peer, producer),
    ).length,
  })),
  allowAll: moderated(({ room }, { source }) => ({
    count: producersIn(room, source).filter(([peer, producer]) => room.allow(peer, producer)).length,
  })),
  setPublish: moderated(({ room }, { peerId, publish }) => {
    const peer = room.peer(peerId);
    peer.publish = publish === true ? (peer.grants.publish ?? true) : publish;
    room.restrict(peer);
    return {};
  }),
  lowerHands: moderated(({ room }, { peerId }) => {
    const chosen = peerId === undefined ? room.joined : [room.peer(peerId)];
    const raised = chosen.filter(({ handRaisedAt }) => handRaisedAt !== null);
    for (const peer of raised) setHand(room, peer, null);
    return { count: raised.length };
  }),
  setPeerAttributes: moderated(({ room }, { peerId, attributes }) => {
    changeAttributes(room, room.peer(peerId), attributes);
    return {};
  }),
  lockRoom: moderated(({ room }, { locked }) => {
    room.locked = locked;
    room.tell({ method: 'roomLocked', data: { locked } });
    return {};
  }),
};

function moderated<P, R>(run: (asker: Asker, data: P) => R): (asker: Asker, data: P) => R {
  return (asker, data) => {
    if (!asker.peer.permissions.moderate)
      throw new ClientError('forbidden', 'this needs the grant moderate; ask for a token that has it');
    return run(asker, data);
  };
}

function requireGrant(peer: FakePeer, source: ServerSource | 'data'): void {
  if (!peer.mayPublish(source)) throw new ClientError('forbidden', `you may not publish ${source}`);
}

function producerOf(peer: FakePeer, producerId: string): FakeProducer {
  const producer = peer.producers.get(producerId);
  if (producer) return producer;
  throw new ClientError('not_found', `there is no producer "${producerId}"`);
}

function producersIn(room: FakeRoom, source?: ServerSource): (readonly [FakePeer, FakeProducer])[] {
  const all = room.joined.flatMap((peer) =>
    [...peer.producers.values()].map((producer) => [peer, producer] as const),
  );
  return all.filter(([, producer]) => source === undefined || serverSourceOf(producer) === source);
}

function setHand(room: FakeRoom, peer: FakePeer, raisedAt: number | null) {
  peer.handRaisedAt = raisedAt;
  room.tell({ method: 'peerHand', data: { peerId: peer.id, raisedAt } });
  return {};
}

function changeAttributes(
  room: FakeRoom,
  peer: FakePeer,
  changes: MethodParams<'setAttributes'>['attributes'],
): void {
  peer.attributes = withChanges(peer.attributes, changes);
  const data = { peerId: peer.id, attributes: peer.attributes };
  room.tell({ method: 'peerAttributesChanged', data });
}
