import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import {
  type Bus,
  type BusMessage,
  type BusStatus,
  type GatherOptions,
  maxMessageBytes,
  NoAnswer,
} from './bus.ts';
import { type NatsAccess, natsAuthenticator } from './nats-access.ts';
import { NatsBucket } from './nats-bucket.ts';
import { claimsBucket, claimsMs, factsBucket } from './permissions.ts';

export interface NatsBusOptions extends NatsAccess {
  /** As `nats://host:port` or `tls://host:port`. */
  readonly urls: readonly string[];
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** What begins the subjects of answers to this node. */
  readonly inboxPrefix: string;
  /** Where values are kept in JetStream. */
  readonly domain?: string;
  readonly replicas?: number;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** A connection whose server says nothing is given up after two of these. */
const pingIntervalMs = 2000;
const handshakeTimeoutMs = 3000;
const retryMs = 500;

interface Listening {
  readonly subject: string;
  readonly listener: (message: BusMessage) => void;
  /** On the connection of now. */
  live: Subscription | undefined;
}

/** The bus of an installation: a NATS server, or several. It connects by itself, and again for ever. */
export class NatsBus implements Bus {
  readonly bucket: NatsBucket;
  readonly claims: NatsBucket;
  readonly isLeaf: boolean;
  /** JetStream answers it on the servers that have it, which is no node. */
  readonly #echoSubject: string;
  #status: BusStatus = 'connecting';
  #connection: NatsConnection | undefined;
  #cancelRetry: () => void = () => {};
  /** Counts the connections that were asked for: one that was given up meanwhile is closed when it comes about. */
  #attempt = 0;
  #lastFailure = '';
  #flushing: Promise<void> | undefined;
  readonly #statusListeners = new Set<(status: BusStatus) => void>();
  readonly #listening = new Set<Listening>();
  readonly #clock: Clock;

  /** Starts to connect, and does not wait for it: without a bus a node serves what it has. */
  constructor(private readonly options: NatsBusOptions) {
    const { clock = systemClock, domain, replicas = 1 } = options;
    this.#clock = clock;
    this.isLeaf = domain !== undefined;
    this.#echoSubject = domain === undefined ? '$JS.API.INFO' : `$JS.${domain}.API.INFO`;
    const connection = () => (this.#status === 'connected' ? this.#connection : undefined);
    this.bucket = new NatsBucket(connection, clock, { name: factsBucket, domain, replicas });
    this.claims = new NatsBucket(connection, clock, {
      name: claimsBucket,
      maxAgeMs: claimsMs,
      domain,
      replicas,
    });
    void this.#connect();
  }

  get status(): BusStatus {
    return this.#status;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  publish(subject: string, data: Uint8Array): boolean {
    // A publication during a reconnection is discarded by the client without an error.
    if (this.#status !== 'connected' || data.length > maxMessageBytes) return false;
    try {
      this.#connection?.publish(subject, data);
      return this.#connection !== undefined;
    } catch (error) {
      this.options.log.warn('a message could not be handed to the bus', { subject, error });
      return false;
    }
  }

  subscribe(subject: string, listener: (message: BusMessage) => void): () => void {
    const listening: Listening = { subject, listener, live: undefined };
    this.#listening.add(listening);
    if (this.#connection) this.#listen(this.#connection, listening);
    return () => {
      this.#listening.delete(listening);
      if (!listening.live?.isClosed()) listening.live?.unsubscribe();
    };
  }

  async request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const connection = this.#connection;
    if (this.#status !== 'connected' || !connection) throw new NoAnswer('away');
    try {
      return (await connection.request(subject, data, { timeout: timeoutMs })).data;
    } catch (error) {
      throw new NoAnswer(causeOf(error));
    }
  }

  async gather(subject: string, data: Uint8Array, options: GatherOptions): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    const connection = this.#connection;
    if (this.#status !== 'connected' || !connection) return answers;
    try {
      const { timeoutMs: maxWait, stallMs: stall } = options;
      const coming = await connection.requestMany(subject, data, { strategy: 'stall', maxWait, stall });
      for await (const message of coming) {
        answers.push(message.data);
        if (options.isEnough?.(answers)) break;
      }
    } catch {
      // Nobody listens, or the bus went away: what has come is all there is.
    }
    return answers;
  }

  flush(): Promise<void> {
    const connection = this.#connection;
    if (this.#status !== 'connected' || !connection) return Promise.resolve();
    // One round trip serves all who ask before it begins.
    this.#flushing ??= Promise.resolve().then(() => {
      this.#flushing = undefined;
      return this.#roundTrip(connection);
    });
    return this.#flushing;
  }

  async echo(timeoutMs: number): Promise<boolean> {
    return await this.request(this.#echoSubject, new Uint8Array(), timeoutMs).then(
      () => true,
      () => false,
    );
  }

  renew(): void {
    if (this.#status === 'closed') return;
    this.#giveUp();
    void this.#connect();
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    if (this.#status === 'connected') await this.flush();
    this.#cancelRetry();
    this.#attempt += 1;
    this.#connection = undefined;
    this.#listening.clear();
    this.#set('closed');
    await connection?.close().catch(() => {});
  }

  async #connect(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isGivenUp = () => attempt !== this.#attempt || this.#status === 'closed';
    try {
      const connection = await this.#dial();
      if (isGivenUp()) return await connection.close();
      this.#opened(connection);
    } catch (error) {
      if (isGivenUp()) return;
      this.#report(error);
      this.#cancelRetry = this.#clock.after(retryMs, () => void this.#connect());
    }
  }

  async #dial(): Promise<NatsConnection> {
    const { urls, name, inboxPrefix, ca } = this.options;
    // Here and nowhere else: a node without a bus does not load it.
    const nats = await import('@nats-io/transport-node');
    return await nats.connect({
      servers: urls.map((url) => url.replace(/^\w+:\/\//, '')),
      name,
      inboxPrefix,
      authenticator: natsAuthenticator(nats, this.options),
      tls: urls.some((url) => url.startsWith('tls://')) ? { ca } : null,
      noEcho: true,
      timeout: handshakeTimeoutMs,
      pingInterval: pingIntervalMs,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      reconnectTimeWait: retryMs,
      reconnectJitterTLS: retryMs,
      noAsyncTraces: true,
    });
  }

  #opened(connection: NatsConnection): void {
    this.#connection = connection;
    for (const listening of this.#listening) this.#listen(connection, listening);
    void this.#follow(connection);
    this.#set('connected');
  }

  /** Follows what the client does by itself. */
  async #follow(connection: NatsConnection): Promise<void> {
    for await (const event of connection.status()) {
      if (connection !== this.#connection) return;
      if (event.type === 'disconnect') this.#set('connecting');
      else if (event.type === 'reconnect') this.#set('connected');
      else if (event.type === 'error') this.#report(event.error);
    }
    if (connection !== this.#connection) return;
    // It gave up, which it was told not to: begin again.
    this.renew();
  }

  #listen(connection: NatsConnection, listening: Listening): void {
    const callback = (error: Error | null, message: Msg): undefined => {
      if (error) this.#report(error);
      else if (connection === this.#connection && this.#listening.has(listening))
        listening.listener(read(message));
    };
    listening.live = connection.subscribe(listening.subject, { callback });
  }

  #giveUp(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#cancelRetry();
    this.#set('connecting');
    void connection?.close().catch(() => {});
  }

  /** Ends with the connection, over which nothing more leaves then. */
  #roundTrip(connection: NatsConnection): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stopListening();
        resolve();
      };
      const stopListening = this.onStatus(end);
      connection.flush().then(end, end);
    });
  }

  #report(error: unknown): void {
    const failure = error instanceof Error ? error.message : String(error);
    // It is tried twice a second: the same reason is told once.
    if (failure === this.#lastFailure) return;
    this.#lastFailure = failure;
    this.options.log.warn('the bus cannot be used as it should; it is tried again', {
      servers: this.options.urls,
      error,
    });
  }

  #set(status: BusStatus): void {
    if (this.#status === status || this.#status === 'closed') return;
    this.#status = status;
    if (status === 'connected') this.#lastFailure = '';
    for (const listener of [...this.#statusListeners]) listener(status);
  }
}

function read(message: Msg): BusMessage {
  const { subject, data } = message;
  const respond = (answer: Uint8Array) => {
    try {
      message.respond(answer);
    } catch {
      // The connection over which it was asked is gone, and so is the question.
    }
  };
  return { subject, data, respond };
}

function causeOf(error: unknown): NoAnswer['cause'] {
  const { name, cause } = error as Error;
  if (cause instanceof Error && cause.name === 'NoResponders') return 'nobody';
  return name === 'TimeoutError' ? 'timeout' : 'away';
}
