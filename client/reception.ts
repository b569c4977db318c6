import type { types } from 'mediasoup-client';
import type { Layers } from './layers.ts';
import type { Media } from './media.ts';
import type { ConsumerInfo, Notification } from './protocol.ts';

/** What the server says of a consumer. */
export interface ReceptionNews {
  readonly muted?: boolean;
  readonly layers?: Layers | null;
  readonly score?: ConsumerInfo['consumerScore'];
}

/** A consumer, through which a track comes: what the server says of it, and how it is asked for something. */
export class Reception {
  /** The sender has paused it. */
  muted: boolean;
  /** The layers that arrive. */
  layers: Layers | null = null;
  score: ConsumerInfo['consumerScore'];
  readonly id: string;
  readonly producerId: string;

  constructor(
    readonly info: ConsumerInfo,
    readonly consumer: types.Consumer,
    readonly media: Media,
  ) {
    this.id = info.id;
    this.producerId = info.producerId;
    this.muted = info.producerPaused;
    this.score = info.consumerScore;
  }

  take({ muted = this.muted, layers = this.layers, score = this.score }: ReceptionNews): void {
    this.muted = muted;
    this.layers = layers;
    this.score = score;
  }

  async pause(): Promise<void> {
    this.consumer.pause();
    await this.media.request('pauseConsumer', { consumerId: this.id });
  }

  async resume(): Promise<void> {
    this.consumer.resume();
    await this.media.request('resumeConsumer', { consumerId: this.id });
  }

  async prefer(layers: Layers): Promise<void> {
    await this.media.request('setConsumerPreferredLayers', { consumerId: this.id, ...layers });
  }

  async prioritise(priority: number): Promise<void> {
    await this.media.request('setConsumerPriority', { consumerId: this.id, priority });
  }

  /** Another one is shown instead. A connection that is left ends as a whole. */
  discard(inUse: Media): void {
    if (this.media === inUse) this.close().catch(() => {});
    else this.consumer.close();
  }

  /** Ends it on both sides. */
  async close(): Promise<void> {
    this.consumer.close();
    await this.media.request('closeConsumer', { consumerId: this.id });
  }
}

/** What a notification says of its consumer. */
export function newsOf({ method, data }: Notification): ReceptionNews {
  switch (method) {
    case 'consumerPaused':
      return { muted: true };
    case 'consumerResumed':
      return { muted: false };
    case 'consumerScore':
      return { score: data.score };
    case 'consumerLayersChanged':
      return { layers: data.layers };
    default:
      return {};
  }
}
