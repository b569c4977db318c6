import { backoffDelay, wait } from './backoff.ts';
import type { Moved } from './call-types.ts';
import { Connection } from './connection.ts';
import type { ConnectionEnd } from './connection-end.ts';
import { asClientError, ClientError } from './errors.ts';
import type { LifelineOptions } from './lifeline-options.ts';
import type { Link } from './link.ts';
import type { NotificationData } from './protocol.ts';

/** How often a move is tried before the call waits for the end of its connection. */
const attempts = 3;

/** Resolves when the former connection is not needed any more, with the longest time between two pictures. */
export type Settle = () => Promise<number | undefined>;

export interface RelocationHost {
  /** The connection in use. */
  inUse(): Connection | undefined;
  newLink(): Link;
  /** Goes over to a second connection. @throws ClientError; then the call is as before */
  move(connection: Connection, committing: () => void): Promise<Settle>;
  /** That connection is in use from now on. */
  use(connection: Connection, link: Link): void;
  moved(move: Moved): void;
  /** The connection in use had ended while the move was being committed, which then failed. */
  broken(end: ConnectionEnd): void;
}

/** Moves to another server of the mesh: a second connection, while the one in use goes on. */
export class Relocation {
  /** Resolves with whether the call has moved. */
  #moving: Promise<boolean> | undefined;
  /** The other one of two connections. */
  #beside: Connection | undefined;
  /** While the answer to the commit is awaited: how the connection in use has ended meanwhile. */
  #committing: { end?: ConnectionEnd } | undefined;
  readonly #stopped = new AbortController();

  constructor(
    private readonly options: LifelineOptions,
    private readonly host: RelocationHost,
  ) {}

  get active(): boolean {
    return this.#moving !== undefined;
  }

  get committing(): boolean {
    return this.#committing !== undefined;
  }

  /** @returns whether the end of the connection in use waits, since the other server may have taken over already */
  postpones(end: ConnectionEnd): boolean {
    if (!this.#committing) return false;
    this.#committing.end = end;
    return true;
  }

  /** Moves, or goes on with it. @returns whether the call has moved */
  begin(where: NotificationData<'move'>): Promise<boolean> {
    this.#moving ??= this.#try(where).finally(() => {
      this.#moving = undefined;
    });
    return this.#moving;
  }

  stop(): void {
    this.#stopped.abort();
    this.#beside?.close();
  }

  async #try(where: NotificationData<'move'>): Promise<boolean> {
    const connection = this.host.inUse();
    for (let attempt = 0; attempt < attempts && connection?.ticket !== undefined; attempt += 1) {
      if (!connection.open || connection !== this.host.inUse()) return false;
      const error = await this.#moveFrom(connection, where).then(() => undefined, asClientError);
      if (!error) return true;
      // It knows nothing of us, and will not later.
      if (error.code === 'ticket_refused') return false;
      await wait(backoffDelay(this.options.backoff, attempt), this.#stopped.signal);
    }
    return false;
  }

  async #moveFrom(left: Connection, { url, reason }: NotificationData<'move'>): Promise<void> {
    const { servers, token: _, ...options } = this.options;
    const startedAt = performance.now();
    const from = servers.current.url;
    const to = await servers.other(url);
    const link = this.host.newLink();
    const movingTicket = left.ticket;
    const connection = await Connection.open({ ...options, url: to, movingTicket, ...link.handlers });
    const settle = await this.#handOver(left, connection, link);
    servers.take(to, reason === 'draining' ? `${from} is about to end` : `${from} asked for it`);
    servers.learn(connection.nodes);
    this.host.use(connection, link);
    const milliseconds = Math.round(performance.now() - startedAt);
    const gap = await settle();
    left.close();
    this.#beside = undefined;
    if (this.#stopped.signal.aborted) return;
    if (gap !== undefined) connection.request('reportGap', { milliseconds: gap }).catch(() => {});
    this.host.moved({ from, to, milliseconds, gap });
  }

  /** @throws ClientError; then nothing of the other connection is left */
  async #handOver(left: Connection, connection: Connection, link: Link): Promise<Settle> {
    this.#beside = connection;
    try {
      link.use(connection);
      if (this.#stopped.signal.aborted || left !== this.host.inUse())
        throw new ClientError('gone', 'the connection that was to be left has ended');
      const settle = await this.host.move(connection, () => {
        this.#committing = {};
      });
      this.#beside = left;
      this.#committing = undefined;
      return settle;
    } catch (error) {
      this.#beside = undefined;
      connection.close();
      const end = this.#committing?.end;
      this.#committing = undefined;
      if (end) this.host.broken(end);
      throw link.causeOf(error);
    }
  }
}
