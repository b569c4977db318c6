import type { types } from 'mediasoup-client';
import { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import { Overlap } from './overlap.ts';
import type { ConsumerInfo, DataConsumerInfo, Notification } from './protocol.ts';
import { maxResumedConsumers } from './protocol.ts';
import { newsOf, Reception } from './reception.ts';
import type { RemotePeer } from './remote-peer.ts';
import { RemoteTrack } from './remote-track.ts';
import type { TrackHost } from './track-host.ts';

export interface ReceiverHost extends TrackHost {
  peer(id: string): RemotePeer | undefined;
  trackAdded(peer: RemotePeer, track: RemoteTrack): void;
  trackChanged(peer: RemotePeer, track: RemoteTrack): void;
  trackRemoved(peer: RemotePeer, track: RemoteTrack, reason: string): void;
  dataReceived(peer: RemotePeer, label: string, data: string | ArrayBuffer): void;
}

/** Everything received over one join: turns the server's offers into tracks and keeps them up to date. */
export class Receiver {
  /** By each consumer through which it comes, or is about to. */
  readonly #tracks = new Map<string, RemoteTrack>();
  /** Notifications of consumers that are still being created on this side. */
  readonly #early = new Map<string, Notification[]>();
  readonly #dataConsumers = new Map<string, types.DataConsumer>();
  /** Data consumers that the server closed while they were created on this side. */
  readonly #creatingData = new Map<string, { ended: boolean }>();
  /** What comes while we move; it is shown afterwards. */
  #held: Map<string, Reception> | undefined;
  /** That of the connection that we leave, until it ends: its tracks go over to this one. */
  #former: Receiver | undefined;
  /** Producers of what the application does not want any more. */
  readonly #declined: Set<string>;
  /** While data comes over two connections. */
  #overlap: Overlap | undefined;
  #closed = false;

  /** @param former of the connection from which we move to this one */
  constructor(
    private readonly media: Media,
    private readonly host: ReceiverHost,
    former?: Receiver,
  ) {
    this.#declined = former ? former.#declined : new Set();
    if (!former) return;
    this.#former = former;
    this.#held = new Map();
    this.#overlap = new Overlap();
    former.#overlap = this.#overlap;
  }

  get tracks(): ReadonlySet<RemoteTrack> {
    return new Set(this.#tracks.values());
  }

  /** The track that comes through that consumer, or is about to. */
  track(consumerId: string): RemoteTrack | undefined {
    return this.#tracks.get(consumerId);
  }

  /** The track that comes from that producer, or did before its sender moved. */
  trackOf(producerId: string): RemoteTrack | undefined {
    return [...this.tracks].find((track) => track.receptions.comesFrom(producerId));
  }

  /** Whether a track is to go on with that producer, and nothing comes from it yet. */
  lacks(producerId: string, replaces = producerId): boolean {
    for (const [id, { receptions }] of this.#tracks)
      if (receptions.find(id)?.producerId === producerId) return false;
    return (this.trackOf(replaces) ?? this.#former?.trackOf(replaces)) !== undefined;
  }

  /** The application wants it after all. */
  want(producerId: string): void {
    this.#declined.delete(producerId);
    this.host.watching.take(producerId);
  }

  declines(producerId: string): boolean {
    return this.#declined.has(producerId);
  }

  /** Receives these videos from now on, and no others, which are still to be ended here. */
  async watch(producerIds: string[]): Promise<void> {
    const { consumers } = await this.media.request('watch', { producerIds });
    await this.begin(consumers);
  }

  /** Accepts the consumers of existing publications, and starts them with as few messages as the server takes. */
  async begin(infos: readonly ConsumerInfo[]): Promise<void> {
    const offers = await Promise.allSettled(infos.map((info) => this.offer(info)));
    const accepted = offers.flatMap((offer) => (offer.status === 'fulfilled' ? [offer.value] : []));
    await this.#resume(accepted);
    for (const [index, { status }] of offers.entries()) {
      const consumerId = infos[index]?.id;
      // If the connection is lost meanwhile, the server has closed it already.
      if (status === 'rejected' && consumerId)
        void this.media.request('closeConsumer', { consumerId }).catch(() => {});
    }
  }

  /** Accepts a consumer that the server offers. Rejects to refuse it. */
  async offer(info: ConsumerInfo): Promise<Reception> {
    if (this.#declined.has(info.producerId) || this.#declined.has(info.replaces ?? ''))
      throw new ClientError('gone', 'the application has closed this track');
    const wanted = () => this.#held !== undefined || this.host.watching.wants(info);
    if (!wanted()) throw new ClientError('gone', 'it is not in view any more');
    const peer = this.#held ? undefined : this.#peerOf(info.peerId);
    const early: Notification[] = [];
    this.#early.set(info.id, early);
    const expecting = this.#trackFor(info);
    expecting?.receptions.expect();
    try {
      const consumer = await this.media.consume(info);
      const closed = early.some(({ method }) => method === 'consumerClosed');
      // Its peer may have left meanwhile, or our own media may be gone.
      if (closed || this.#closed || !wanted() || (peer && this.host.peer(info.peerId) !== peer)) {
        consumer.close();
        throw new ClientError('gone', `what "${info.peerId}" sent has ended`);
      }
      const reception = new Reception(info, consumer, this.media);
      this.#early.delete(info.id);
      if (this.#held) this.#hold(this.#held, reception);
      else void this.#accept(reception);
      for (const notification of early) this.notified(notification);
      return reception;
    } finally {
      this.#early.delete(info.id);
      expecting?.arrived();
    }
  }

  async offerData(info: DataConsumerInfo): Promise<void> {
    const { id, peerId, label } = info;
    const creating = { ended: false };
    this.#peerOf(peerId);
    this.#creatingData.set(id, creating);
    try {
      const dataConsumer = await this.media.consumeData(info);
      if (creating.ended || this.#closed) {
        dataConsumer.close();
        throw new ClientError('gone', `the channel "${label}" of "${peerId}" has ended`);
      }
      this.#keepData(dataConsumer, { peerId, label });
    } finally {
      this.#creatingData.delete(id);
    }
  }

  /**
   * We have moved: tracks go over to what has come meanwhile, and the rest of it is shown.
   * @returns the longest times between two pictures, in milliseconds, of the tracks of which that can be measured
   */
  async takeOver(): Promise<readonly number[]> {
    const held = [...(this.#held?.values() ?? [])];
    this.#held = undefined;
    const known = held.filter(({ info: { peerId } }) => this.host.peer(peerId));
    for (const reception of held) if (!known.includes(reception)) reception.close().catch(() => {});
    const fresh = known.filter(({ id }) => !this.#tracks.has(id));
    const going = known.map((reception) => this.#accept(reception));
    const gaps = await Promise.all([...going, this.#resume(fresh)]);
    return gaps.filter((gap) => gap !== undefined);
  }

  /** The connection that we left has ended. */
  forgetFormer(): void {
    this.#former = undefined;
    this.#overlap?.end();
  }

  /** Handles notifications about consumers. */
  notified(notification: Notification): void {
    const { method, data } = notification;
    if (method === 'dataConsumerClosed') return this.#dataClosed(data.dataConsumerId);
    if (!('consumerId' in data)) return;
    const early = this.#early.get(data.consumerId);
    if (early) return void early.push(notification);
    const track = this.#tracks.get(data.consumerId);
    const held = this.#held?.get(data.consumerId);
    if (method === 'consumerClosed') {
      this.#held?.delete(data.consumerId);
      if (track) track.lose(data.consumerId, data.reason);
      else held?.consumer.close();
    } else if (track) track.update(data.consumerId, newsOf(notification));
    else held?.take(newsOf(notification));
  }

  /** The connection is gone: what comes over no other one ends. The next connection offers it again. */
  close(reason: string): void {
    this.#closed = true;
    for (const [consumerId, track] of [...this.#tracks]) track.lose(consumerId, reason);
    for (const { consumer } of this.#held?.values() ?? []) consumer.close();
    for (const dataConsumer of [...this.#dataConsumers.values()]) dataConsumer.close();
  }

  async #resume(receptions: readonly Reception[]): Promise<undefined> {
    for (let start = 0; start < receptions.length; start += maxResumedConsumers) {
      // A track that the application paused meanwhile stays paused; `resume` starts it. One that waits for us is started later.
      const wanted = receptions
        .slice(start, start + maxResumedConsumers)
        .filter(({ id }) => this.#tracks.get(id)?.paused === false)
        .map(({ id }) => id);
      if (wanted.length > 0) await this.#resumeOnServer(wanted);
    }
  }

  async #resumeOnServer(consumerIds: string[]): Promise<void> {
    try {
      await this.media.request('resumeConsumers', { consumerIds });
    } catch (error) {
      // After a lost connection everything is offered again, and these have ended already. Any other error is of
      // importance to the application: what cannot be started must not look as if it played.
      const { code } = error instanceof ClientError ? error : { code: 'internal' };
      for (const id of consumerIds) this.#tracks.get(id)?.lose(id, code);
    }
  }

  /** It comes while we move: the track that it is of goes over to it afterwards. */
  #hold(held: Map<string, Reception>, reception: Reception): void {
    held.set(reception.id, reception);
    const track = this.#trackFor(reception.info);
    if (track) this.#prepare(track, reception);
  }

  /** A track goes over to it, or it is a new one. @returns what goOver does */
  async #accept(reception: Reception): Promise<number | undefined> {
    const track = this.#tracks.get(reception.id) ?? this.#trackFor(reception.info);
    if (!track) return this.#keep(reception);
    // While we moved, its sender has moved, too: that is offered as well, or will be.
    if (track.receptions.hasLeft(reception.producerId)) return this.#refuse(track, reception);
    if (!this.#tracks.has(reception.id)) this.#prepare(track, reception);
    return await track.goOver(reception);
  }

  #refuse(track: RemoteTrack, reception: Reception): undefined {
    track.lose(reception.id, 'moved');
    reception.close().catch(() => {});
  }

  #trackFor({ producerId, replaces }: ConsumerInfo): RemoteTrack | undefined {
    const former = this.#former?.trackOf(producerId);
    if (former || replaces === undefined) return former;
    return this.trackOf(replaces) ?? this.#former?.trackOf(replaces);
  }

  #prepare(track: RemoteTrack, reception: Reception): void {
    this.#follow(track, reception);
    track.prepare(reception);
  }

  #keep(reception: Reception): undefined {
    const peer = this.#peerOf(reception.info.peerId);
    const track = new RemoteTrack(reception, this.host);
    this.#follow(track, reception);
    peer.tracks.add(track);
    track.on('changed', () => this.host.trackChanged(peer, track));
    track.on('ended', ({ reason }) => {
      if (reason === 'closed') this.#declined.add(track.producerId);
      peer.tracks.delete(track);
      this.host.trackRemoved(peer, track, reason);
    });
    this.host.trackAdded(peer, track);
  }

  #follow(track: RemoteTrack, { id, consumer }: Reception): void {
    this.#tracks.set(id, track);
    consumer.on('transportclose', () => track.lose(id, 'transport_closed'));
    consumer.observer.once('close', () => this.#tracks.delete(id));
  }

  #keepData(dataConsumer: types.DataConsumer, { peerId, label }: { peerId: string; label: string }): void {
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    dataConsumer.observer.once('close', () => this.#dataConsumers.delete(dataConsumer.id));
    if (this.#former) this.#overlap?.begin(peerId, label);
    dataConsumer.on('message', (data: string | ArrayBuffer) => {
      const peer = this.host.peer(peerId);
      if (!peer || this.#overlap?.hasShown({ by: this, peerId, label, data })) return;
      this.host.dataReceived(peer, label, data);
    });
  }

  #dataClosed(id: string): void {
    const creating = this.#creatingData.get(id);
    if (creating) creating.ended = true;
    this.#dataConsumers.get(id)?.close();
  }

  #peerOf(peerId: string): RemotePeer {
    const peer = this.host.peer(peerId);
    if (!peer) throw new ClientError('not_found', `no peer "${peerId}" was announced`);
    return peer;
  }
}
