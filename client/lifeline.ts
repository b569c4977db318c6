import { backoffDelay, wait } from './backoff.ts';
import type { Moved } from './call-types.ts';
import { Connection } from './connection.ts';
import { type ConnectionEnd, ConnectionRefused, endError } from './connection-end.ts';
import { asClientError, ClientError, messageOf } from './errors.ts';
import type { LifelineOptions, TokenSource } from './lifeline-options.ts';
import { Link, type LinkHost } from './link.ts';
import { closeRefused, type NotificationData } from './protocol.ts';
import { Relocation, type Settle } from './relocation.ts';

export interface LifelineHost extends LinkHost {
  /** A connection is open. Joins over it. */
  connected(connection: Connection): Promise<void>;
  /** The socket was cut; the connection tries to go on over another one. */
  cut(): void;
  /** Goes over to a second connection, beside the one in use. @throws ClientError; then the call is as before */
  move(connection: Connection, committing: () => void): Promise<Settle>;
  moved(move: Moved): void;
  /** It goes on, and nothing was lost. */
  resumed(): void;
  /** The connection was lost and is being replaced. */
  lost(error: ClientError): void;
  /** There will be no other connection. */
  ended(error: ClientError): void;
}

/** Refusals after which the client retries without asking the user. */
const retryableRefusals = new Set(['join_timeout', 'disconnected', 'ticket_refused', 'gone', 'internal']);

/** Why a server lets nobody in now, while another one may. */
const elsewhere = new Set([
  'unreachable',
  'draining',
  'worker_unavailable',
  'busy',
  'overloaded',
  'internal',
]);
/** How long an attempt to resume may take where there are other servers to go to. */
const resumeTimeoutMs = 2000;

/** Keeps one connection to the server: opens it, and reconnects unless the server refuses. */
export class Lifeline {
  #connection: Connection | undefined;
  #stopped = false;
  #wasJoined = false;
  #migrating = false;
  readonly #relocation: Relocation;
  /** The connection in use, once joined over. */
  #link: Link | undefined;
  /** Aborted to try at once instead of waiting. */
  #wake = new AbortController();

  constructor(
    private readonly options: LifelineOptions,
    private readonly host: LifelineHost,
  ) {
    this.#relocation = new Relocation(options, {
      ...{ newLink: () => this.#newLink(), broken: (end) => this.#broken(end) },
      inUse: () => this.#connection,
      use: (connection, link) => this.#goOver(connection, link),
      move: (connection, committing) => host.move(connection, committing),
      moved: (move) => host.moved(move),
    });
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether the server knows others. */
  get isInMesh(): boolean {
    return (this.#connection?.nodes.length ?? 0) > 1;
  }

  /** Opens the first connection. @throws ClientError when it is refused or the server cannot be reached */
  async start(): Promise<void> {
    await this.options.servers.choose();
    await this.#connect(this.options.joinTimeout);
  }

  /** Closes it for good, without notifying the host. */
  stop(): void {
    this.#stopped = true;
    this.#wake.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    this.#relocation.stop();
  }

  /** Drops a connection that is open but does not work. */
  abandon(): void {
    this.#connection?.close(1006);
  }

  /** Skips the delay before the next attempt. */
  retryNow(): void {
    this.#wake.abort();
  }

  async #connect(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let refusal: string | undefined;
    for (let attempt = 0; ; attempt += 1) {
      const error = await this.#attempt(refusal).then(() => undefined, asClientError);
      if (!error) return;
      if (this.#stopped) throw new ClientError('left', 'the call was left');
      // During a call the application's server may be as unreachable as ours. At its beginning its mistake is told at once.
      if (error.code === 'token_failed' && !this.#wasJoined) throw error;
      const delay = backoffDelay(this.options.backoff, attempt);
      const retrying = this.#mayRetry(error, refusal !== undefined) && performance.now() + delay < deadline;
      if (!retrying) throw error;
      if (error.code === 'unauthorized') refusal = error.message;
      // Another server is tried at once.
      if (!elsewhere.has(error.code) || !this.options.servers.next()) await this.#wait(delay);
    }
  }

  /**
   * Moves to another connection while this one still works, because the server drains. The old connection is closed
   * only when the new one is open; if that fails, the old one stays in use for as long as it lasts.
   */
  async migrate(): Promise<void> {
    if (this.#migrating || this.#relocation.active || !this.#link) return;
    this.#migrating = true;
    const { servers } = this.options;
    const left = servers.current.url;
    try {
      await servers.refresh();
      // Behind a balancer the same address leads to another server.
      await servers.elsewhere('is about to end');
      await this.#attempt(undefined);
    } catch {
      if (this.#connection?.open) servers.take(left, 'no other lets us in');
      // The old connection may have been replaced by the one that failed.
      if (!this.#stopped && !this.#connection?.open)
        void this.#reconnect(new ClientError('unreachable', 'the server closed the connection'));
    } finally {
      this.#migrating = false;
    }
  }

  /**
   * Goes on at another server of the mesh, beside the connection in use, so that nobody notices.
   * @returns whether it does; if not, the call is as before
   */
  async move(where: NotificationData<'move'>): Promise<boolean> {
    return !this.#migrating && (await this.#relocation.begin(where));
  }

  /** Another connection has taken over from the one in use. */
  #goOver(connection: Connection, link: Link): void {
    if (this.#link) this.#link.joined = false;
    this.#link = link;
    this.#connection = connection;
    link.joined = true;
    if (link.end) this.#broken(link.end);
  }

  #newLink(): Link {
    return new Link(
      this.host,
      (end) => this.#broken(end),
      (cut) => this.#cut(cut),
    );
  }

  async #attempt(refusal: string | undefined): Promise<void> {
    const { token: source, servers, ...options } = this.options;
    const token = await tokenFrom(source, refusal);
    const link = this.#newLink();
    const { url } = servers.current;
    const connection = await Connection.open({ ...options, url, token, ...link.handlers });
    servers.learn(connection.nodes);
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
      this.#wasJoined = true;
      this.#link = link;
    } catch (error) {
      this.#connection = undefined;
      connection.close();
      throw link.causeOf(error);
    }
  }

  /** A new connection is open: closes the old one. */
  #supersede(): void {
    if (!this.#link) return;
    this.#link.joined = false;
    this.#link = undefined;
    this.#connection?.close();
    this.host.lost(new ClientError('moved', 'the call moves to another connection'));
  }

  /** The socket of a connection was cut. @returns whether the connection tries to go on */
  #cut(connection: Connection): boolean {
    if (this.#stopped || this.#migrating || connection !== this.#connection) return false;
    this.host.cut();
    void this.#resume(connection);
    return true;
  }

  async #resume(connection: Connection): Promise<void> {
    const { servers, connectTimeout } = this.options;
    const deadline = performance.now() + connection.resumeSeconds * 1000;
    // A server that is gone may not even refuse.
    const timeoutMs = servers.all.length > 1 ? Math.min(resumeTimeoutMs, connectTimeout) : connectTimeout;
    for (let attempt = 0; connection.open; attempt += 1) {
      // The random delay keeps the clients of one server from coming back at the same moment.
      await this.#wait(backoffDelay(this.options.backoff, attempt));
      const resumed = await connection.resume(timeoutMs).then(
        () => true,
        () => false,
      );
      if (resumed) return this.host.resumed();
      // What a refusal leads to is decided by `#broken`.
      const gone =
        attempt > 0 &&
        connection.open &&
        !this.#relocation.committing &&
        (await servers.elsewhere('does not answer any more'));
      if (gone || performance.now() > deadline) connection.close(1006);
    }
  }

  /** The connection that was in use ended. */
  #broken(end: ConnectionEnd): void {
    if (this.#stopped) return;
    const error = endError(end);
    const final = end.closeCode === closeRefused && !retryableRefusals.has(error.code);
    // During a migration the server closes the old connection as replaced; the new one takes over.
    if (this.#migrating && (!final || error.code === 'replaced')) return;
    // The other server may have taken over already; its answer is on its way.
    if (!final && this.#relocation.postpones(end)) return;
    this.#link = undefined;
    this.#connection = undefined;
    if (final) this.host.ended(error);
    else void this.#reconnect(error);
  }

  async #reconnect(error: ClientError): Promise<void> {
    this.#link = undefined;
    this.host.lost(error);
    try {
      // The random delay keeps the clients of one server from reconnecting at the same moment.
      await this.#wait(backoffDelay(this.options.backoff, 0));
      await this.#connect(this.options.reconnectTimeout);
    } catch (final) {
      if (!this.#stopped) this.host.ended(asClientError(final));
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    this.#wake = new AbortController();
    await wait(milliseconds, this.#wake.signal);
  }

  #mayRetry(error: ClientError, askedAgain: boolean): boolean {
    const refused = error instanceof ConnectionRefused && error.end.closeCode === closeRefused;
    if (error.code !== 'unauthorized') return !refused || retryableRefusals.has(error.code);
    // The token may have expired: the function is asked for another one, but only once.
    return typeof this.options.token === 'function' && !askedAgain;
  }
}

/** @throws ClientError token_failed with what the application's function threw */
async function tokenFrom(
  source: TokenSource | undefined,
  refusal: string | undefined,
): Promise<string | undefined> {
  if (typeof source !== 'function') return source;
  try {
    return await source(refusal === undefined ? {} : { refusal });
  } catch (cause) {
    throw new ClientError('token_failed', `the application gave no token: ${messageOf(cause)}`, { cause });
  }
}
