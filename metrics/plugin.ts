import { Elysia } from 'elysia';
import { isForeignPage } from '../src/access/origins.ts';
import type { Config } from '../src/config/config.ts';
import { toSfuError } from '../src/core/errors.ts';
import { hostSetting, refuseBadHost } from '../src/core/host-header.ts';
import { type Access, accessOf, refusalOf, refuseForeignPage } from './access.ts';
import type { Measurements } from './measurements.ts';

const contentTypes = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

/** GET /metrics, /metrics/rooms/:roomId and /metrics/top on the main port. */
export function metricsPlugin(
  measurements: Measurements,
  config: Pick<Config, 'metricsToken' | 'metricsPort' | 'developmentMode'>,
) {
  return routes(measurements, { access: accessOf(config), config, name: 'metrics' });
}

/** The port of the metrics cannot be listened on; the message says what to do. */
export class MetricsPortError extends Error {
  override readonly name = 'MetricsPortError';
}

/** Serves the metrics, and nothing else, on a port of their own to everybody who reaches it. */
export class MetricsListener {
  private constructor(private readonly server: Bun.Server<undefined>) {}

  /** @returns undefined when no port is configured. @throws MetricsPortError when the port is taken */
  static listen(
    measurements: Measurements,
    config: Pick<Config, 'metricsHost' | 'metricsPort' | 'developmentMode'>,
  ): MetricsListener | undefined {
    const { metricsHost: hostname, metricsPort: port } = config;
    if (port === undefined) return undefined;
    const app = new Elysia({ name: 'metrics-listener', normalize: false, ...hostSetting })
      .onError(({ error, code, status }) => {
        if (code === 'NOT_FOUND') return status(404, 'there is nothing here but /metrics\n');
        // The main port has such a handler for the whole app; here a mistake must not tell of itself either.
        const known = toSfuError(error);
        return status(known.status, `${known.reason}\n`);
      })
      .use(routes(measurements, { config, name: 'metrics-of-listener' }));
    try {
      const server = Bun.serve({
        hostname,
        port,
        reusePort: false,
        fetch: (request) => refuseBadHost(request) ?? app.handle(request),
      });
      return new MetricsListener(server);
    } catch (error) {
      throw new MetricsPortError(
        `cannot listen for metrics on ${hostname} port ${port}: ${(error as Error).message}. Free the port or set TUREEN_METRICS_PORT`,
        { cause: error },
      );
    }
  }

  get port(): number {
    return this.server.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }
}

interface RouteOptions {
  /** Undefined where everybody may read. */
  readonly access?: Access;
  readonly config: Pick<Config, 'developmentMode'>;
  readonly name: string;
}

function routes(measurements: Measurements, { access, config, name }: RouteOptions) {
  return new Elysia({ name, normalize: false })
    .onBeforeHandle(({ request, server }) => {
      if (config.developmentMode && isForeignPage(request)) return refuseForeignPage();
      if (!access) return undefined;
      return refusalOf(access, request, server?.requestIP(request)?.address);
    })
    .get('/metrics', async ({ request }) => {
      const format = formatOf(request);
      return page(await measurements.text(format), format);
    })
    .get('/metrics/top', () => measurements.top())
    .get('/metrics/rooms/:roomId', async ({ params }) =>
      // Elysia has decoded the id already; it is looked up and never built into anything.
      page(await measurements.room(params.roomId), 'text'),
    );
}

/** Prometheus names OpenMetrics in Accept when it wants it; a browser gets the plain text. */
function formatOf(request: Request): keyof typeof contentTypes {
  return request.headers.get('accept')?.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
}

function page(text: string, format: keyof typeof contentTypes): Response {
  return new Response(text, {
    headers: { 'content-type': contentTypes[format], 'cache-control': 'no-store' },
  });
}
