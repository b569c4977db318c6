import { Elysia } from 'elysia';
import { Dashboard, dashboardPlugin, type Panel } from '../../admin/index.ts';
import type { MeshView } from '../cluster/reads/view.ts';
import type { CaptureCommands } from '../commands/captures.ts';
import type { Commands } from '../commands/commands.ts';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { HostState } from '../core/findings.ts';
import { hostSetting, refuseBadHost } from '../core/host-header.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Signaling } from '../signaling/signaling.ts';
import type { Store } from '../store/store.ts';
import { openDashboardView } from '../whip/dashboard-viewer.ts';

export interface AdminOptions {
  readonly config: Config;
  readonly sfu: Sfu;
  readonly signaling: Signaling;
  readonly store: Store;
  readonly commands: Commands;
  readonly captures: CaptureCommands;
  /** What the other nodes have; undefined for a server that is alone. */
  readonly mesh: MeshView | undefined;
  /** What the self-check finds. */
  readonly host: (() => HostState) | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  /** The operator's own panels. */
  readonly panels: readonly Panel[];
  /** Where it registers how it is ended. */
  readonly ends: AsyncDisposableStack;
}

/** The dashboard as configured: off, on the main port, or on a port of its own. */
export class Admin {
  #listener: Bun.Server<undefined> | undefined;

  private constructor(
    private readonly config: Config,
    private readonly dashboard?: Dashboard,
  ) {}

  /** @throws Error when two panels have the same id or path, or the port is taken */
  static start({ ends, ...options }: AdminOptions): Admin {
    const { config, sfu } = options;
    if (config.admin === 'off') return new Admin(config);
    const dashboard = new Dashboard({
      ...options,
      openView: (view) => openDashboardView({ sfu, config }, view),
    });
    const admin = ends.adopt(new Admin(config, dashboard), (started) => started.#stop());
    if (config.adminPort !== undefined)
      admin.#listener = listen({ dashboard, hostname: config.adminHost, port: config.adminPort });
    return admin;
  }

  /** What is mounted on the main port; nothing when the dashboard is off or elsewhere. */
  get plugin() {
    if (!this.dashboard || this.config.adminPort !== undefined) return new Elysia({ name: 'no admin' });
    return dashboardPlugin(this.dashboard);
  }

  /** Its own port, if it has one. */
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

  /** The link that makes the first admin; undefined when there is a user already. */
  setupLink(mainUrl: string): string | undefined {
    const secret = this.dashboard?.entrance.setupSecret;
    return secret === undefined ? undefined : `${this.address(mainUrl)}/setup?token=${secret}`;
  }

  /** Ends the live pages first, and then the listener that they use. */
  async #stop(): Promise<void> {
    this.dashboard?.close();
    await this.#listener?.stop(true);
  }
}

/** @throws Error that says what to do when the port is not available */
function listen(options: { dashboard: Dashboard; hostname: string; port: number }): Bun.Server<undefined> {
  const { dashboard, hostname, port } = options;
  const app = new Elysia({ name: 'admin-listener', normalize: false, ...hostSetting })
    .use(dashboardPlugin(dashboard))
    .compile();
  try {
    return Bun.serve({
      hostname,
      port,
      reusePort: false,
      fetch(request, server) {
        // Elysia passes the server on to its routes, which ask it for the client's address.
        app.server = server as unknown as typeof app.server;
        return refuseBadHost(request) ?? app.handle(request);
      },
    });
  } catch (error) {
    throw new Error(
      `cannot listen for the dashboard on ${hostname} port ${port}: ${(error as Error).message}. Free the port or set TUREEN_ADMIN_PORT`,
      { cause: error },
    );
  }
}
