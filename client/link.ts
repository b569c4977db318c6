import type { Connection, ConnectionOptions } from './connection.ts';
import { type ConnectionEnd, ConnectionRefused } from './connection-end.ts';
import { ClientError } from './errors.ts';
import type { Notification, ServerRequest } from './protocol.ts';

export interface LinkHost {
  notified(connection: Connection, notification: Notification): void;
  requested(connection: Connection, request: ServerRequest): Promise<void>;
}

/** Passes on the messages of one connection once it is in use. */
export class Link {
  /** Whether the join over it is done. Before that its end is a failed attempt, after it a lost connection. */
  joined = false;
  end: ConnectionEnd | undefined;
  #connection: Connection | undefined;
  readonly #early: Notification[] = [];

  constructor(
    private readonly host: LinkHost,
    private readonly onBroken: (end: ConnectionEnd) => void,
    private readonly onCut: (connection: Connection) => boolean,
  ) {}

  get handlers(): Pick<ConnectionOptions, 'onNotification' | 'onRequest' | 'onCut' | 'onClosed'> {
    return {
      onNotification: (notification) => {
        if (this.#connection) this.host.notified(this.#connection, notification);
        else this.#early.push(notification);
      },
      onRequest: async (request) => {
        if (!this.#connection) throw new ClientError('wrong_state', 'this client has not joined yet');
        await this.host.requested(this.#connection, request);
      },
      // Before the join is done it is quicker to begin again.
      onCut: () => this.joined && this.#connection !== undefined && this.onCut(this.#connection),
      onClosed: (end) => {
        this.end = end;
        if (this.joined) this.onBroken(end);
      },
    };
  }

  /** Why something over it failed: the server's reason for closing is more useful than a request that failed because of it. */
  causeOf(error: unknown): unknown {
    return this.end ? new ConnectionRefused(this.end) : error;
  }

  use(connection: Connection): void {
    this.#connection = connection;
    for (const notification of this.#early) this.host.notified(connection, notification);
  }
}
