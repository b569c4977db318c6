import type { types } from 'mediasoup-client';
import { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import type { Playback } from './playback.ts';
import type { ConsumerInfo, DataConsumerInfo, Notification } from './protocol.ts';
import { maxResumedConsumers } from './protocol.ts';
import type { RemotePeer } from './remote-peer.ts';
import { RemoteTrack } from './remote-track.ts';

export interface ReceiverHost {
  readonly playback: Playback;
  peer(id: string): RemotePeer | undefined;
  trackAdded(peer: RemotePeer, track: RemoteTrack): void;
  trackChanged(peer: RemotePeer, track: RemoteTrack): void;
  trackRemoved(peer: RemotePeer, track: RemoteTrack, reason: string): void;
  dataReceived(peer: RemotePeer, label: string, data: string | ArrayBuffer): void;
}

/** Everything received over one join: turns the server's offers into tracks and keeps them up to date. */
export class Receiver {
  readonly #tracks = new Map<string, RemoteTrack>();
  /** Notifications of consumers that are still being created on this side. */
  readonly #early = new Map<string, Notification[]>();
  readonly #dataConsumers = new Map<string, types.DataConsumer>();
  /** Data consumers that the server closed while they were created on this side. */
  readonly #creatingData = new Map<string, { ended: boolean }>();
  #closed = false;

  constructor(
    private readonly media: Media,
    private readonly host: ReceiverHost,
  ) {}

  /** Accepts the consumers of existing publications, and starts them with as few messages as the server takes. */
  begin(infos: readonly ConsumerInfo[]): void {
    if (infos.length > 0) void this.#begin(infos);
  }

  async #begin(infos: readonly ConsumerInfo[]): Promise<void> {
    const offers = await Promise.allSettled(infos.map((info) => this.offer(info)));
    const tracks = offers.flatMap((offer) => (offer.status === 'fulfilled' ? [offer.value] : []));
    for (let start = 0; start < tracks.length; start += maxResumedConsumers) {
      await this.#resume(tracks.slice(start, start + maxResumedConsumers));
    }
    for (const [index, { status }] of offers.entries()) {
      const consumerId = infos[index]?.id;
      // If the connection is lost meanwhile, the server has closed it already.
      if (status === 'rejected' && consumerId)
        void this.media.request('closeConsumer', { consumerId }).catch(() => {});
    }
  }

  async #resume(tracks: readonly RemoteTrack[]): Promise<void> {
    // A track that the application paused meanwhile stays paused; `resume` starts it.
    const wanted = tracks.filter(({ paused, ended }) => !paused && !ended);
    if (wanted.length === 0) return;
    try {
      await this.media.request('resumeConsumers', { consumerIds: wanted.map(({ id }) => id) });
    } catch (error) {
      // After a lost connection everything is offered again, and these have ended already. Any other error is of
      // importance to the application: what cannot be started must not look as if it played.
      const { code } = error instanceof ClientError ? error : { code: 'internal' };
      for (const track of wanted) track.end(code);
    }
  }

  /** Accepts a consumer that the server offers. Rejects to refuse it. */
  async offer(info: ConsumerInfo): Promise<RemoteTrack> {
    const peer = this.#peerOf(info.peerId);
    const early: Notification[] = [];
    this.#early.set(info.id, early);
    try {
      const consumer = await this.media.consume(info);
      const closed = early.some(({ method }) => method === 'consumerClosed');
      // Its peer may have left meanwhile, or our own media may be gone.
      if (closed || this.#closed || this.host.peer(info.peerId) !== peer) {
        consumer.close();
        throw new ClientError('gone', `what "${info.peerId}" sent has ended`);
      }
      const track = new RemoteTrack(info, consumer, this.media, this.host.playback);
      this.#early.delete(info.id);
      this.#keep(peer, track);
      for (const notification of early) this.notified(notification);
      return track;
    } finally {
      this.#early.delete(info.id);
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

  /** Handles notifications about consumers. */
  notified(notification: Notification): void {
    const { method, data } = notification;
    if (method === 'dataConsumerClosed') return this.#dataClosed(data.dataConsumerId);
    if (!('consumerId' in data)) return;
    const early = this.#early.get(data.consumerId);
    if (early) return void early.push(notification);
    const track = this.#tracks.get(data.consumerId);
    if (track) apply(track, notification);
  }

  /** The connection is gone: all tracks end. The next connection offers them again. */
  close(reason: string): void {
    this.#closed = true;
    for (const track of [...this.#tracks.values()]) track.end(reason);
  }

  #keepData(dataConsumer: types.DataConsumer, { peerId, label }: { peerId: string; label: string }): void {
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    dataConsumer.observer.once('close', () => this.#dataConsumers.delete(dataConsumer.id));
    dataConsumer.on('message', (data: string | ArrayBuffer) => {
      const peer = this.host.peer(peerId);
      if (peer) this.host.dataReceived(peer, label, data);
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

  #keep(peer: RemotePeer, track: RemoteTrack): void {
    this.#tracks.set(track.id, track);
    peer.tracks.add(track);
    track.consumer.on('transportclose', () => track.end('transport_closed'));
    track.on('changed', () => this.host.trackChanged(peer, track));
    track.on('ended', ({ reason }) => {
      this.#tracks.delete(track.id);
      peer.tracks.delete(track);
      this.host.trackRemoved(peer, track, reason);
    });
    this.host.trackAdded(peer, track);
  }
}

function apply(track: RemoteTrack, { method, data }: Notification): void {
  switch (method) {
    case 'consumerPaused':
      return track.update({ muted: true });
    case 'consumerResumed':
      return track.update({ muted: false });
    case 'consumerScore':
      return track.update({ score: data.score });
    case 'consumerLayersChanged':
      return track.update({ layers: data.layers });
    case 'consumerClosed':
      return track.end(data.reason);
  }
}
