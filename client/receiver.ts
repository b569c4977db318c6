import { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import type { ConsumerInfo, DataConsumerInfo, Notification } from './protocol.ts';
import type { RemotePeer } from './remote-peer.ts';
import { RemoteTrack } from './remote-track.ts';

export interface ReceiverHost {
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

  constructor(
    private readonly media: Media,
    private readonly host: ReceiverHost,
  ) {}

  /** Accepts the consumers of existing publications, and starts them with one message. */
  begin(infos: readonly ConsumerInfo[]): void {
    if (infos.length === 0) return;
    void Promise.allSettled(infos.map((info) => this.offer(info)))
      .then(async (offers) => {
        const consumerIds = offers.flatMap((offer) => (offer.status === 'fulfilled' ? [offer.value.id] : []));
        await this.media.request('resumeConsumers', { consumerIds });
        for (const [index, { status }] of offers.entries()) {
          const consumerId = infos[index]?.id;
          if (status === 'rejected' && consumerId) await this.media.request('closeConsumer', { consumerId });
        }
      })
      .catch(() => {
        // The connection was lost; the next one offers everything again.
      });
  }

  /** Accepts a consumer that the server offers. Rejects to refuse it. */
  async offer(info: ConsumerInfo): Promise<RemoteTrack> {
    const peer = this.#peerOf(info.peerId);
    this.#early.set(info.id, []);
    try {
      const consumer = await this.media.consume(info);
      const track = new RemoteTrack(info, consumer, this.media);
      this.#keep(peer, track);
      return track;
    } finally {
      const early = this.#early.get(info.id) ?? [];
      this.#early.delete(info.id);
      for (const notification of early) this.notified(notification);
    }
  }

  async offerData(info: DataConsumerInfo): Promise<void> {
    const { peerId, label } = info;
    this.#peerOf(peerId);
    const dataConsumer = await this.media.consumeData(info);
    dataConsumer.on('message', (data: string | ArrayBuffer) => {
      const peer = this.host.peer(peerId);
      if (peer) this.host.dataReceived(peer, label, data);
    });
  }

  /** Handles notifications about consumers. */
  notified(notification: Notification): void {
    const { data } = notification;
    if (!('consumerId' in data)) return;
    const early = this.#early.get(data.consumerId);
    if (early) return void early.push(notification);
    const track = this.#tracks.get(data.consumerId);
    if (track) apply(track, notification);
  }

  /** The connection is gone: all tracks end. The next connection offers them again. */
  close(reason: string): void {
    for (const track of [...this.#tracks.values()]) track.end(reason);
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
