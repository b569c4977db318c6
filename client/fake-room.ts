import { ClientError } from './errors.ts';
import {
  type FakeDataProducer,
  type FakePeer,
  type FakeProducer,
  producerInfo,
  serverSourceOf,
} from './fake-peer.ts';
import type { ConsumerInfo, Notification } from './protocol.ts';

/** A room of the fake server: who is in it, and who is told what. */
export class FakeRoom {
  readonly peers = new Map<string, FakePeer>();
  locked = false;

  get joined(): FakePeer[] {
    return [...this.peers.values()].filter(({ joined }) => joined);
  }

  /** @throws ClientError not_found */
  peer(id: string): FakePeer {
    const peer = this.peers.get(id);
    if (peer) return peer;
    throw new ClientError('not_found', `there is no peer "${id}" in the room`);
  }

  othersOf(peer: FakePeer): FakePeer[] {
    return this.joined.filter((other) => other !== peer);
  }

  /** Tells everyone in the call, but for one. */
  tell(notification: Notification, but?: FakePeer): void {
    for (const peer of this.joined) if (peer !== but) peer.socket.notify(notification);
  }

  /** A peer has joined: gives it what there is. */
  join(peer: FakePeer): ConsumerInfo[] {
    peer.joined = true;
    this.tell({ method: 'newPeer', data: peer.info }, peer);
    const others = this.othersOf(peer);
    if (peer.permissions.subscribe)
      for (const other of others)
        for (const channel of other.dataProducers.values()) peer.receiveData(other.id, channel);
    return this.give(peer);
  }

  /** Gives a peer what it takes, of one kind or of both, shared screens first. */
  give(peer: FakePeer, kind?: FakeProducer['kind']): ConsumerInfo[] {
    const all = this.othersOf(peer)
      .flatMap((other) => [...other.producers.values()].map((producer) => ({ other, producer })))
      .filter(({ producer }) => kind === undefined || producer.kind === kind);
    const rank = ({ producer }: (typeof all)[number]) => (serverSourceOf(producer) === 'screen' ? 0 : 1);
    const ordered = peer.videoLimit === undefined ? all : all.toSorted((a, b) => rank(a) - rank(b));
    return ordered.flatMap(({ other, producer }) =>
      peer.takes(producer) ? [peer.consumerOf(other.id, producer)] : [],
    );
  }

  /** A peer is not there any more. */
  leave(peer: FakePeer, reason: string): void {
    if (this.peers.get(peer.id) !== peer) return;
    this.peers.delete(peer.id);
    if (!peer.joined) return;
    for (const producer of peer.producers.values()) this.#endConsumers(producer.id, 'producer_closed');
    this.tell({ method: 'peerLeft', data: { peerId: peer.id, reason } });
  }

  /** Removes a peer as a moderator does. @throws ClientError not_found */
  remove(peerId: string, reason: string): void {
    const peer = this.peer(peerId);
    this.leave(peer, 'removed');
    peer.socket.end(4000, `removed: ${reason || 'a moderator removed you from the room'}`);
  }

  publish(peer: FakePeer, producer: FakeProducer): void {
    peer.producers.set(producer.id, producer);
    // Once its client has it.
    setTimeout(() => {
      const quality = { level: 'good', score: 10, cause: null } as const;
      this.tell({ method: 'peerQuality', data: { peerId: peer.id, ...quality } });
    });
    for (const other of this.othersOf(peer)) {
      if (!other.permissions.subscribe) continue;
      if (other.chooses)
        other.socket.notify({
          method: 'newProducer',
          data: { peerId: peer.id, ...producerInfo(producer) },
        });
      if (other.takes(producer))
        other.socket.request({ method: 'newConsumer', data: other.consumerOf(peer.id, producer) });
    }
  }

  publishData(peer: FakePeer, channel: FakeDataProducer): void {
    peer.dataProducers.set(channel.id, channel);
    for (const other of this.othersOf(peer))
      if (other.permissions.subscribe) other.receiveData(peer.id, channel);
  }

  /** Tells those who receive a producer that it pauses or goes on. */
  setPaused(producer: FakeProducer, paused: boolean): void {
    producer.paused = paused;
    const method = paused ? 'consumerPaused' : 'consumerResumed';
    for (const { peer, consumerId } of this.#receivers(producer.id))
      peer.socket.notify({ method, data: { consumerId } });
  }

  /** A moderator mutes a producer until it is allowed again. @returns whether it was not muted before */
  mute(peer: FakePeer, producer: FakeProducer): boolean {
    if (producer.muted) return false;
    producer.muted = true;
    this.setPaused(producer, true);
    const data = { producerId: producer.id, reason: 'moderator' };
    peer.socket.notify({ method: 'producerPaused', data });
    return true;
  }

  allow(peer: FakePeer, producer: FakeProducer): boolean {
    if (!producer.muted) return false;
    producer.muted = false;
    const data = { producerId: producer.id, reason: 'moderator' };
    peer.socket.notify({ method: 'producerResumed', data });
    return true;
  }

  /** @param reason `peer` when it closed it itself, and so knows of it */
  closeProducer(peer: FakePeer, producer: FakeProducer, reason: string): void {
    peer.producers.delete(producer.id);
    const { id: producerId } = producer;
    this.#endConsumers(producerId, 'producer_closed');
    for (const other of this.othersOf(peer))
      if (other.chooses)
        other.socket.notify({ method: 'producerGone', data: { peerId: peer.id, producerId } });
    if (reason !== 'peer') peer.socket.notify({ method: 'producerClosed', data: { producerId, reason } });
  }

  /** Ends what a peer sends and may not send any more. */
  restrict(peer: FakePeer): void {
    const data = { publish: peer.publish };
    peer.socket.notify({ method: 'permissionsChanged', data });
    for (const producer of [...peer.producers.values()])
      if (!peer.mayPublish(serverSourceOf(producer))) this.closeProducer(peer, producer, 'not_allowed');
  }

  /** A message of a peer on one of its channels. */
  passOn(peer: FakePeer, streamId: number, message: string | ArrayBuffer): void {
    const channel = [...peer.dataProducers.values()].find((each) => each.streamId === streamId);
    if (!channel) return;
    channel.count += 1;
    for (const other of this.othersOf(peer)) other.deliver(channel.id, message);
  }

  #endConsumers(producerId: string, reason: string): void {
    for (const { peer, consumerId } of this.#receivers(producerId)) {
      peer.consumers.delete(consumerId);
      peer.socket.notify({ method: 'consumerClosed', data: { consumerId, reason } });
    }
  }

  #receivers(producerId: string) {
    return this.joined.flatMap((peer) =>
      [...peer.consumers]
        .filter(([, { id }]) => id === producerId)
        .map(([consumerId]) => ({ peer, consumerId })),
    );
  }
}
