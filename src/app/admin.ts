import { Elysia } from 'elysia';
import { Dashboard, dashboardPlugin } from '../../admin/index.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Signaling } from '../signaling/signaling.ts';
import type { Store } from '../store/store.ts';
import { loadPanels } from './admin-panels.ts';

export interface AdminSideOptions {
  config: Config;
  sfu: Sfu;
  signaling: Signaling;
  store: Store;
  commands: Commands;
  log: Logger;
  clock: Clock;
}

/** The dashboard as the configuration wants it: off, on the main port, or on a port of its own. */
export class AdminSide {
  #listener: Bun.Server<undefined> | undefined;

  private constructor(
    private readonly dashboard: Dashboard | undefined,
    private readonly config: Config,
  ) {}

  /** @throws Error when a panel of the operator's cannot be loaded or the port is taken */
  static async create(options: AdminSideOptions): Promise<AdminSide> {
    const { config } = options;
    if (config.admin === 'off') return new AdminSide(undefined, config);
    const panels = await loadPanels(config.adminPanels ?? []);
    const side = new AdminSide(new Dashboard({ ...options, panels }), config);
    if (config.adminPort !== undefined) side.#listen(config.adminHost, config.adminPort);
    return side;
  }

  /** What is mounted on the main port; nothing when the dashboard is off or elsewhere. */
  get plugin() {
    if (!this.dashboard || this.config.adminPort !== undefined) return new Elysia({ name: 'no admin' });
    return dashboardPlugin(this.dashboard);
  }

  /** The port of its own, when it has one. */
  get port(): number | undefined {
    return this.#listener?.port;
  }

  /** Where the dashboard is; undefined when it is off. */
  address(mainUrl: string): string | undefined {
    if (!this.dashboard) return undefined;
    const { adminHost } = this.config;
    const host = adminHost === '127.0.0.1' || adminHost === '0.0.0.0' ? 'localhost' : adminHost;
    const origin = this.port === undefined ? mainUrl : `http://${host}:${this.port}/`;
    return new URL(this.dashboard.base, origin).href;
  }

  /** Where the first admin is made; undefined when there is somebody already. */
  setupLink(mainUrl: string): string | undefined {
    const secret = this.dashboard?.entrance.setupSecret;
    return secret === undefined ? undefined : `${this.address(mainUrl)}/setup?token=${secret}`;
  }

  async stop(): Promise<void> {
    this.dashboard?.close();
    await this.#listener?.stop(true);
  }

  #listen(hostname: string, port: number): void {
    if (!this.dashboard) return;
    const app = new Elysia({ name: 'admin-listener', normalize: false })
      .use(dashboardPlugin(this.dashboard))
      .compile();
    try {
      this.#listener = Bun.serve({
        hostname,
        port,
        reusePort: false,
        fetch(request, server) {
          // Elysia hands the server on to its routes, which ask it for the address of the other end.
          app.server = server as unknown as typeof app.server;
          return app.handle(request);
        },
      });
    } catch (error) {
      this.dashboard.close();
      throw new Error(
        `cannot listen for the dashboard on ${hostname} port ${port}: ${(error as Error).message}. Free the port or set TUREEN_ADMIN_PORT`,
        { cause: error },
      );
    }
  }
}
