import type { AnyElysia } from 'elysia';
import type { Config } from '../config/config.ts';
import type { Logger } from '../core/log.ts';
import type { TlsPair } from '../host/tls.ts';
import { type SocketData, socketHandlers } from '../wire/socket.ts';

export interface ListenerOptions {
  websocket: Bun.WebSocketHandler<SocketData>;
  config: Pick<Config, 'host' | 'port'>;
  tls?: TlsPair;
}

type BunServer = Bun.Server<unknown>;

/** How long `stop` waits for connections that do not close. */
const stopTimeoutMs = 2000;

/** The main port, for HTTP and signaling. */
export class Listener {
  /** The one that accepts connections, and those that keep the calls from before a certificate was replaced. */
  readonly #servers = new Set<BunServer>();
  #current: { readonly server: BunServer; readonly app: AnyElysia } | undefined;
  #port: number | undefined;
  #isPaused = false;
  #tls: TlsPair | undefined;

  constructor(private readonly options: ListenerOptions) {
    this.#tls = options.tls;
  }

  /** Listens. @throws Error that says what to do when the port is not available */
  open(app: AnyElysia): void {
    const { config, tls } = this.options;
    const { host, port } = config;
    try {
      // With TLS the port is shared so that a certificate can be replaced, but not with another program.
      if (tls) Bun.listen({ hostname: host, port, exclusive: true, socket: { data() {} } }).stop(true);
      this.#listen(app, port, tls);
    } catch (error) {
      const reason = (error as Error).message;
      throw new Error(`cannot listen on ${host} port ${port}: ${reason}. Free the port or set PORT`, {
        cause: error,
      });
    }
  }

  get port(): number {
    return this.#port ?? this.options.config.port;
  }

  /**
   * Shows this certificate to new connections. Open ones go on. Bun cannot change the certificate of a listener (reload
   * ignores it), so another one takes over the port. Does nothing unless the port is open.
   */
  replaceTls(tls: TlsPair): void {
    if (!this.#current) return;
    this.#tls = tls;
    if (this.#isPaused) return;
    const { server: former, app } = this.#current;
    this.#listen(app, this.port, tls);
    this.#retire(former);
  }

  /** Closes the port: new connections are refused at once, and open ones go on. */
  pause(): void {
    if (!this.#current || this.#isPaused) return;
    this.#isPaused = true;
    this.#retire(this.#current.server);
  }

  /** Opens the port again. @throws Error when another program has taken it */
  resume(): void {
    if (!this.#current || !this.#isPaused) return;
    this.#listen(this.#current.app, this.port, this.#tls);
    this.#isPaused = false;
  }

  /** Accepts no more connections, and cuts off the open ones that do not end in time. */
  async stop(): Promise<void> {
    this.#current = undefined;
    const servers = [...this.#servers];
    const stopped = Promise.all(servers.map((server) => server.stop(false)));
    const timeout = new Promise<void>((resolve) => {
      setTimeout(resolve, stopTimeoutMs).unref();
    });
    await Promise.race([stopped, timeout]);
    await Promise.all(servers.map((server) => server.stop(true)));
  }

  #retire(server: BunServer): void {
    void server.stop(false).then(() => this.#servers.delete(server));
  }

  #listen(app: AnyElysia, port: number, tls: TlsPair | undefined): void {
    const { websocket, config } = this.options;
    const reusePort = tls !== undefined;
    // Elysia passes these on to Bun.serve, but types the handlers as those of its own socket, which is not used.
    const options = {
      hostname: config.host,
      port,
      reusePort,
      websocket,
      tls,
    } as unknown;
    withoutExitHook(() => app.listen(options as Parameters<typeof app.listen>[0]));
    if (!app.server) throw new Error('Elysia made no server');
    const server = app.server as BunServer;
    this.#servers.add(server);
    // The port of a server that has stopped is not known any more.
    this.#port = server.port;
    this.#current = { server, app };
  }
}

/** Elysia adds a hook to the process each time that it listens, which would keep the app in memory for good. */
function withoutExitHook(listen: () => void): void {
  const before = process.listeners('beforeExit');
  listen();
  for (const hook of process.listeners('beforeExit')) {
    if (!before.includes(hook)) process.off('beforeExit', hook);
  }
}

/** The main port of a server, with its sockets. It listens once it is opened. */
export function newListener({
  config,
  log,
  tls,
}: {
  config: Pick<Config, 'host' | 'port' | 'idleSeconds'>;
  log: Logger;
  tls?: TlsPair;
}): Listener {
  const websocket = socketHandlers({ idleSeconds: config.idleSeconds, log });
  return new Listener({ websocket, config, tls });
}
