import type { types } from 'mediasoup-client';
import { backoffDelay, wait } from './backoff.ts';
import { ClientError, messageOf } from './errors.ts';
import type { Media } from './media.ts';
import { byteLength } from './portable.ts';

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

/** How much may wait in a channel until everyone receives it, or until the connection is back. */
export const heldLimits = { count: 256, bytes: 1_048_576 } as const;

/**
 * For so long a message waits for those who do not receive yet. The server waits no longer for anybody: after this time
 * everyone who was there when it was written receives it, or could not.
 */
const holdTimeoutMs = 10_000;
/** How long to ask the server whether it has a message. */
const confirmation = { backoff: { first: 20, max: 1000 }, timeoutMs: 10_000 };
/** How long a move waits for that. */
const stopTimeoutMs = 1000;

interface Held {
  readonly data: ChannelData;
  readonly bytes: number;
  readonly writtenAt: number;
  readonly handedOver: (over: Carrier) => void;
  readonly reject: (error: ClientError) => void;
}

/** What carries the messages at the moment. */
interface Carrier {
  readonly media: Media;
  readonly producer: types.DataProducer;
  /** Messages that it was given, and how many of them the server is known to have. */
  count: number;
  received: number;
  /** The question that is under way: how many of them the server has. */
  asking?: Promise<number | undefined>;
}

/** A data channel to everyone in the room. Like a publication it is opened again after a reconnect. */
export class Channel {
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #carrier: Carrier | undefined;
  /** The media over which it is opened now. */
  #media: Media | undefined;
  #attempt = {};
  /** While we move: what is to carry the messages afterwards. */
  #next: Carrier | undefined;
  /** Nothing is handed over for a moment. */
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended: ClientError | undefined;

  constructor(
    readonly label: string,
    private readonly options: ChannelOptions,
  ) {}

  /**
   * Sends to everyone in the room. Waits for the channel to open, through a reconnect, and until everyone who is there
   * receives; resolves when the message is on its way.
   * @throws ClientError `too_large`, `limit_reached` when too much waits already, or why the channel or the call ended
   */
  async send(data: ChannelData): Promise<void> {
    await this.#send(data);
  }

  /**
   * As send, and resolves only when the server has passed it on. Slower, for messages that a person writes.
   * @throws ClientError as send, and `not_delivered` when the connection broke before the server was known to have it
   */
  async deliver(data: ChannelData): Promise<void> {
    if (this.#isUnreliable)
      throw new ClientError(
        'unsupported',
        'a channel that may lose messages cannot say whether one arrived; use send',
      );
    const carrier = await this.#send(data);
    await this.#confirm(carrier, carrier.count);
  }

  /** Bytes that wait to be sent. Send large data in pieces, and the next piece when this is low. */
  get bufferedAmount(): number {
    return this.#heldBytes + (this.#carrier?.producer.bufferedAmount ?? 0);
  }

  /** For the client: the server's id of it; undefined while there is no connection. */
  get dataProducerId(): string | undefined {
    return this.#carrier?.producer.id;
  }

  /** For the client: opens it over a new connection. */
  async attach(media: Media): Promise<void> {
    const attempt = {};
    this.#attempt = attempt;
    this.#media = media;
    const carrier = await this.#open(media);
    if (attempt !== this.#attempt || carrier.producer.closed) return carrier.producer.close();
    this.#carrier = carrier;
    this.#flush();
  }

  /** For the client: opens it over the connection to which we move, too. Messages still go over the former one. */
  async prepare(media: Media): Promise<void> {
    const attempt = this.#attempt;
    const carrier = await this.#open(media);
    if (attempt !== this.#attempt || this.#ended) return carrier.producer.close();
    this.#next = carrier;
  }

  /** For the client: keeps messages back from now on. Resolves when the server has those that went before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const carrier = this.#carrier;
    if (!carrier || carrier.count === 0 || this.#isUnreliable) return;
    await Promise.race([this.#confirm(carrier, carrier.count).catch(() => {}), wait(stopTimeoutMs)]);
  }

  /** For the client: we have moved, or have not. @returns whether something carries the messages, or will */
  goOn({ moved }: { readonly moved: boolean }): boolean {
    const next = this.#next;
    this.#stopped = false;
    this.#next = undefined;
    if (moved) {
      this.#carrier = next;
      this.#media = next?.media;
    } else next?.producer.close();
    this.#flush();
    return this.#carrier !== undefined;
  }

  /** For the client: its connection is gone; messages wait for the next one. */
  detach(): void {
    this.#attempt = {};
    this.#media = undefined;
    this.#carrier = undefined;
    this.#next = undefined;
    this.#stopped = false;
    clearTimeout(this.#timer);
  }

  /** For the client: the call ended, or the server refuses the channel. */
  end(error: ClientError): void {
    this.#ended = error;
    this.#carrier?.producer.close();
    this.#next?.producer.close();
    this.detach();
    this.#heldBytes = 0;
    for (const { reject } of this.#held.splice(0)) reject(error);
  }

  get #isUnreliable(): boolean {
    const { ordered = true, maxPacketLifeTime, maxRetransmits } = this.options;
    return !ordered || maxPacketLifeTime !== undefined || maxRetransmits !== undefined;
  }

  async #open(media: Media): Promise<Carrier> {
    const producer = await media.produceData({ ...this.options, label: this.label });
    media.audience.follow(producer.id, () => this.#flush());
    producer.on('open', () => this.#flush());
    return { media, producer, count: 0, received: 0 };
  }

  /** Resolves when it is on its way, with what carries it. */
  #send(data: ChannelData): Promise<Carrier> {
    if (this.#ended) return Promise.reject(this.#ended);
    const bytes = byteLength(data);
    const most = this.#media?.maxMessageSize;
    if (most !== undefined && bytes > most) return Promise.reject(tooLarge(bytes, most));
    if (this.#held.length >= heldLimits.count || this.#heldBytes + bytes > heldLimits.bytes)
      return Promise.reject(tooMuch());
    return new Promise((handedOver, reject) => {
      this.#held.push({ data, bytes, writtenAt: performance.now(), handedOver, reject });
      this.#heldBytes += bytes;
      this.#flush();
    });
  }

  /** Hands over what may go now, in its order. */
  #flush(): void {
    clearTimeout(this.#timer);
    const carrier = this.#carrier;
    if (this.#stopped || carrier?.producer.readyState !== 'open') return;
    for (let next = this.#held[0]; next; next = this.#held[0]) {
      const waitMs = this.#waitMs(carrier, next);
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        return;
      }
      this.#held.shift();
      this.#heldBytes -= next.bytes;
      this.#handOver(carrier, next);
    }
  }

  /** What may be lost anyway is of use only at once. */
  #waitMs({ media, producer }: Carrier, { writtenAt }: Held): number {
    if (this.#isUnreliable || media.audience.isReady(producer.id)) return 0;
    return writtenAt + holdTimeoutMs - performance.now();
  }

  #handOver(carrier: Carrier, { data, bytes, handedOver, reject }: Held): void {
    const most = carrier.media.maxMessageSize;
    if (most !== undefined && bytes > most) return reject(tooLarge(bytes, most));
    try {
      carrier.producer.send(data);
    } catch (cause) {
      const what = `the browser did not take a message of ${bytes} bytes: ${messageOf(cause)}`;
      return reject(new ClientError('not_delivered', what, { cause }));
    }
    carrier.count += 1;
    handedOver(carrier);
  }

  /** Asks the server how many messages it has had, until those are so many. */
  async #confirm(carrier: Carrier, count: number): Promise<void> {
    const deadline = performance.now() + confirmation.timeoutMs;
    for (let attempt = 0; carrier === this.#carrier && performance.now() < deadline; attempt += 1) {
      carrier.asking ??= messagesReceived(carrier).finally(() => delete carrier.asking);
      carrier.received = Math.max(carrier.received, (await carrier.asking) ?? 0);
      if (carrier.received >= count) return;
      await wait(backoffDelay(confirmation.backoff, attempt));
    }
    // Before we moved to another server, the former one was asked.
    if (carrier.received < count) throw this.#ended ?? notConfirmed();
  }
}

/** Undefined when the server cannot be asked. */
async function messagesReceived({ media, producer }: Carrier): Promise<number | undefined> {
  try {
    const stats = await media.request('getDataProducerStats', { dataProducerId: producer.id });
    return (stats[0] as { messagesReceived?: number } | undefined)?.messagesReceived;
  } catch {
    return undefined;
  }
}

function tooLarge(bytes: number, most: number): ClientError {
  return new ClientError(
    'too_large',
    `a message may have ${most} bytes, this one has ${bytes}; send it in pieces`,
  );
}

function tooMuch(): ClientError {
  const { count, bytes } = heldLimits;
  return new ClientError(
    'limit_reached',
    `${count} messages or ${bytes} bytes wait to be sent already; send again when \`bufferedAmount\` is low`,
  );
}

function notConfirmed(): ClientError {
  return new ClientError(
    'not_delivered',
    'the connection broke before the server was known to have the message; send it again',
  );
}
