import type { AnyElysia } from 'elysia';
import type { Config } from '../config/config.ts';
import type { TlsPair } from '../host/tls.ts';
import type { SocketData } from '../wire/socket.ts';

export interface ListenerOptions {
  app: AnyElysia;
  websocket: Bun.WebSocketHandler<SocketData>;
  config: Pick<Config, 'host' | 'port'>;
  tls?: TlsPair;
}

type BunServer = Bun.Server<unknown>;

/** How long `stop` waits for connections that do not close. */
const stopPatience = 2000;

/** Where HTTP and signaling are listened for. */
export class Listener {
  /** Those that take nothing new and still carry the calls that came before a certificate was replaced. */
  readonly #retired = new Set<BunServer>();
  #server: BunServer;

  /** @throws Error when the port cannot be had, with what to do */
  constructor(private readonly options: ListenerOptions) {
    const { host, port } = options.config;
    try {
      // A port that is shared for the sake of a new certificate must not be shared with another program.
      if (options.tls)
        Bun.listen({ hostname: host, port, exclusive: true, socket: { data() {} } }).stop(true);
      this.#server = this.#listen(port, options.tls);
    } catch (error) {
      const reason = (error as Error).message;
      throw new Error(`cannot listen on ${host} port ${port}: ${reason}. Free the port or set PORT`, {
        cause: error,
      });
    }
  }

  get port(): number {
    return this.#server.port ?? this.options.config.port;
  }

  /**
   * New connections get this certificate, and those that are open go on. Bun cannot change the certificate of a
   * listener (reload ignores it), so another one takes the port over.
   */
  replaceTls(tls: TlsPair): void {
    const former = this.#server;
    this.#server = this.#listen(this.port, tls);
    this.#retired.add(former);
    void former.stop(false).then(() => this.#retired.delete(former));
  }

  /** Takes nothing new and waits a moment for connections to end before it cuts them off. */
  async stop(): Promise<void> {
    const servers = [this.#server, ...this.#retired];
    const stopped = Promise.all(servers.map((server) => server.stop(false)));
    const impatient = new Promise<void>((resolve) => {
      setTimeout(resolve, stopPatience).unref();
    });
    await Promise.race([stopped, impatient]);
    await Promise.all(servers.map((server) => server.stop(true)));
  }

  #listen(port: number, tls: TlsPair | undefined): BunServer {
    const { app, websocket, config } = this.options;
    const reusePort = tls !== undefined;
    // Elysia passes these on to Bun.serve but types the handlers as its own socket's, which is not used.
    const options = {
      hostname: config.host,
      port,
      reusePort,
      standardHostname: false,
      websocket,
      tls,
    } as unknown;
    app.listen(options as Parameters<typeof app.listen>[0]);
    if (!app.server) throw new Error('Elysia made no server');
    return app.server as BunServer;
  }
}
