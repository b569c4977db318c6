import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { listenInfos } from './edge.ts';
import type { Logger } from './log.ts';
import { loadPage } from './page.ts';
import { type Clock, systemClock } from './sfu/clock.ts';
import { logEvents } from './sfu/log-events.ts';
import { Sfu, type SfuOptions } from './sfu/sfu.ts';
import { Signaling, type SocketData } from './signaling/socket.ts';

export interface ServerOptions {
  config: Config;
  log: Logger;
  clock?: Clock;
  /** The media worker's executable; mediasoup's own choice unless told. */
  workerBin?: string;
  /** Folder of the try-it page; the built one unless told. */
  pageFolder?: string;
  admission?: SfuOptions['admission'];
}

const builtPage = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'page');
/** How long `stop` waits for connections that do not close. */
const stopPatience = 2000;

/** The whole server as one object: main runs it, and so do the tests. */
export class Server {
  readonly #app: ReturnType<typeof buildApp>;

  private constructor(
    readonly config: Config,
    readonly sfu: Sfu,
    private readonly signaling: Signaling,
    app: ReturnType<typeof buildApp>,
  ) {
    this.#app = app;
  }

  /** Starts workers and listens. @throws Error when a worker does not start or the port is taken; then nothing runs. */
  static async start(options: ServerOptions): Promise<Server> {
    const { config, log, clock = systemClock, workerBin, pageFolder = builtPage, admission } = options;
    const workers = {
      count: config.workers,
      workerBin,
      listenInfos: (index: number) => listenInfos(config, index),
    };
    const sfu = new Sfu({ settings: config, workers, log, clock, admission });
    logEvents(sfu.events, log);
    const [page] = await Promise.all([loadPage(pageFolder), sfu.start()]);
    const signaling = new Signaling({ config, sfu, log, clock });
    const app = buildApp({ sfu, signaling, page, log });
    try {
      listen(app, signaling.websocket, config);
    } catch (error) {
      sfu.close();
      throw new Error(
        `cannot listen on ${config.host} port ${config.port}: ${(error as Error).message}. Free the port or set PORT`,
        { cause: error },
      );
    }
    return new Server(config, sfu, signaling, app);
  }

  /** Where the try-it page is. */
  get url(): string {
    const { host } = this.config;
    const shown =
      host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${shown}:${this.port}/`;
  }

  get port(): number {
    return this.#app.server?.port ?? this.config.port;
  }

  /** Ends everything at once: sockets with 1012, then workers, then the listener. */
  async stop(): Promise<void> {
    this.sfu.close();
    this.signaling.close();
    const stopped = this.#app.server?.stop(false);
    const impatient = new Promise<void>((resolve) => {
      setTimeout(resolve, stopPatience).unref();
    });
    await Promise.race([stopped, impatient]);
    await this.#app.server?.stop(true);
  }
}

function listen(
  app: ReturnType<typeof buildApp>,
  websocket: Bun.WebSocketHandler<SocketData>,
  config: Config,
): void {
  const { host: hostname, port } = config;
  // Elysia passes these on to Bun.serve but types the handlers as its own socket's, which is not used.
  const options = { hostname, port, reusePort: false, standardHostname: false, websocket } as unknown;
  app.listen(options as Parameters<typeof app.listen>[0]);
}
