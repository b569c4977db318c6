import type { types } from 'mediasoup-client';
import type { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import { deferred } from './portable.ts';

/** What can be sent over a data channel. */
export type ChannelData = string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob;

export interface ChannelOptions {
  /** In order, and each message arrives. Default true. */
  readonly ordered?: boolean;
  /** Milliseconds after which a message is not sent again; makes the channel unordered. */
  readonly maxPacketLifeTime?: number;
  /** How often a message is sent again at most; makes the channel unordered. */
  readonly maxRetransmits?: number;
  readonly protocol?: string;
}

/** A data channel to everyone in the room. Like a publication it is opened again after a reconnect. */
export class Channel {
  #producer: types.DataProducer | undefined;
  #ready = deferred<types.DataProducer>();

  constructor(
    readonly label: string,
    private readonly options: ChannelOptions,
  ) {
    this.#ready.promise.catch(() => {});
  }

  /** Sends to everyone. Waits for the channel to open, and through a reconnect. @throws ClientError not_joined */
  async send(data: ChannelData): Promise<void> {
    const producer = await this.#ready.promise;
    producer.send(data);
  }

  /** Bytes that wait to be sent. Send large data in pieces, and the next piece when this is low. */
  get bufferedAmount(): number {
    return this.#producer?.bufferedAmount ?? 0;
  }

  /** For the client: opens it over a new connection. */
  async attach(media: Media): Promise<void> {
    const producer = await media.produceData({ ...this.options, label: this.label });
    this.#producer = producer;
    const opened = () => {
      if (this.#producer === producer) this.#ready.resolve(producer);
    };
    if (producer.readyState === 'open') opened();
    else producer.on('open', opened);
  }

  /** For the client: its connection is gone; messages wait for the next one. */
  detach(): void {
    if (!this.#producer) return;
    this.#producer = undefined;
    const waiting = this.#ready;
    this.#ready = deferred();
    this.#ready.promise.catch(() => {});
    // Pending senders wait for the next connection. If the promise is resolved already, this has no effect.
    waiting.resolve(this.#ready.promise);
  }

  /** For the client: the call ended, or the server refuses the channel. */
  end(error: ClientError): void {
    this.detach();
    this.#ready.reject(error);
  }
}
