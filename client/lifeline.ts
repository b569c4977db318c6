import { type Backoff, backoffDelay, rest } from './backoff.ts';
import { Connection, type ConnectionEnd, ConnectionRefused, endError } from './connection.ts';
import { ClientError } from './errors.ts';
import { Link, type LinkHost } from './link.ts';
import { closeRefused } from './protocol.ts';

/** A token, or where to get one: asked before every connection, so that a reconnect has a fresh one. */
export type TokenSource = string | ((why: { readonly refusal?: string }) => string | Promise<string>);

export interface LifelineOptions {
  readonly url: string | URL;
  readonly roomId: string;
  readonly peerId: string;
  readonly token?: TokenSource;
  readonly bandwidthEstimate: boolean;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
  readonly backoff: Backoff;
  /** Milliseconds after which the first connect is given up. */
  readonly firstPatience: number;
  /** Milliseconds after which a reconnect is given up. */
  readonly reconnectPatience: number;
}

export interface LifelineHost extends LinkHost {
  /** A connection is open: joins over it. */
  connected(connection: Connection): Promise<void>;
  /** The connection broke; another one is being made. */
  lost(error: ClientError): void;
  /** It stays broken. */
  ended(error: ClientError): void;
}

/** Refusals after which trying again by oneself makes sense: nothing about them is for a person to decide. */
const passing = new Set(['join_timeout', 'disconnected', 'gone', 'internal']);

/** Keeps one connection to the server: makes it, makes it again when it breaks, and knows when not to. */
export class Lifeline {
  #connection: Connection | undefined;
  #stopped = false;
  #migrating = false;
  /** The connection in use, once joined over. */
  #link: Link | undefined;
  /** Aborted to try at once instead of waiting. */
  #wake = new AbortController();

  constructor(
    private readonly options: LifelineOptions,
    private readonly host: LifelineHost,
  ) {}

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Makes the first connection. @throws ClientError when it is refused or the server cannot be reached */
  async start(): Promise<void> {
    await this.#connect(this.options.firstPatience);
  }

  /** Ends it for good, without telling the host. */
  stop(): void {
    this.#stopped = true;
    this.#wake.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  /** The connection is of no use any more, though it did not say so. */
  abandon(): void {
    this.#connection?.close(1006);
  }

  /** The network is back: tries at once. */
  hurry(): void {
    this.#wake.abort();
  }

  async #connect(patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    let refusal: string | undefined;
    for (let attempt = 0; ; attempt += 1) {
      const error = await this.#attempt(refusal).then(() => undefined, asClientError);
      if (!error) return;
      if (this.#stopped) throw new ClientError('left', 'the call was left');
      const delay = backoffDelay(this.options.backoff, attempt);
      const goOn = this.#mayRetry(error, refusal !== undefined) && performance.now() + delay < deadline;
      if (!goOn) throw error;
      if (error.code === 'unauthorized') refusal = error.message;
      await this.#rest(delay);
    }
  }

  /**
   * Moves to another connection while this one still works, as a server wants it that is about to end. The old one is
   * given up only when the new one is open; if none can be made, the old one goes on for as long as it lasts.
   */
  async migrate(): Promise<void> {
    if (this.#migrating || !this.#link) return;
    this.#migrating = true;
    try {
      await this.#attempt(undefined);
    } catch {
      // The old connection may have been replaced by the one that failed.
      if (!this.#stopped && !this.#connection?.open)
        void this.#again(new ClientError('unreachable', 'the server went away'));
    } finally {
      this.#migrating = false;
    }
  }

  async #attempt(refusal: string | undefined): Promise<void> {
    const { token: source, ...options } = this.options;
    const token =
      typeof source === 'function' ? await source(refusal === undefined ? {} : { refusal }) : source;
    const link = new Link(this.host, (end) => this.#broken(end));
    const connection = await Connection.open({ ...options, token, ...link.handlers });
    if (this.#stopped) {
      connection.close();
      throw new ClientError('left', 'the call was left');
    }
    this.#supersede();
    this.#connection = connection;
    try {
      link.use(connection);
      await this.host.connected(connection);
      if (link.end) throw new ConnectionRefused(link.end);
      link.joined = true;
      this.#link = link;
    } catch (error) {
      this.#connection = undefined;
      connection.close();
      // Why the server closed says more than that a request was not answered.
      throw link.end ? new ConnectionRefused(link.end) : error;
    }
  }

  /** A new connection is open: one that still works is not needed any more. */
  #supersede(): void {
    if (!this.#link) return;
    this.#link.joined = false;
    this.#link = undefined;
    this.#connection?.close();
    this.host.lost(new ClientError('moved', 'the call moves to another connection'));
  }

  /** The connection that was in use ended. */
  #broken(end: ConnectionEnd): void {
    if (this.#stopped) return;
    const error = endError(end);
    const final = end.closeCode === closeRefused && !passing.has(error.code);
    // During a migration the server closes the old connection as replaced: the new one is about to take over.
    if (this.#migrating && (!final || error.code === 'replaced')) return;
    this.#link = undefined;
    this.#connection = undefined;
    if (final) this.host.ended(error);
    else void this.#again(error);
  }

  async #again(error: ClientError): Promise<void> {
    this.#link = undefined;
    this.host.lost(error);
    try {
      // Whoever lost the same server comes back at another moment.
      await this.#rest(backoffDelay(this.options.backoff, 0));
      await this.#connect(this.options.reconnectPatience);
    } catch (final) {
      if (!this.#stopped) this.host.ended(asClientError(final));
    }
  }

  async #rest(milliseconds: number): Promise<void> {
    this.#wake = new AbortController();
    await rest(milliseconds, this.#wake.signal);
  }

  #mayRetry(error: ClientError, askedAgain: boolean): boolean {
    const refused = error instanceof ConnectionRefused && error.end.closeCode === closeRefused;
    if (error.code !== 'unauthorized') return !refused || passing.has(error.code);
    // A token may have expired since it was made: a source can make another one, but is not asked for ever.
    return typeof this.options.token === 'function' && !askedAgain;
  }
}

function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return new ClientError('internal', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
