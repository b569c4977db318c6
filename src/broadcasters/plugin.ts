import { Elysia } from 'elysia';
import type { ApiAccess } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { readJsonBody } from '../wire/body.ts';
import { requireId } from '../wire/check.ts';
import type { Broadcasters } from './broadcasters.ts';
import { newerRoutes } from './newer-routes.ts';
import { olderRoutes } from './older-routes.ts';
import { receiverRoutes } from './receiver-routes.ts';
import { type Route, type RouteContext, text } from './route.ts';
import { sharedRoutes } from './shared-routes.ts';

export interface BroadcasterPluginOptions {
  broadcasters: Broadcasters;
  access: ApiAccess;
  sfu: Sfu;
  log: Logger;
}

/** What Elysia gives to a route. */
interface Incoming {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly server: Pick<Bun.Server<unknown>, 'requestIP'> | null;
}

/**
 * The HTTP API with which scripts for the mediasoup demo send media of ffmpeg and GStreamer into a room, in its older and
 * its newer form (docs/ingest.md). Errors are a line of text. Outside development mode a key with the scope `media` is
 * needed.
 */
export function broadcasterPlugin(options: BroadcasterPluginOptions) {
  const app = new Elysia({ name: 'broadcasters', normalize: false });
  for (const route of [...sharedRoutes, ...olderRoutes, ...newerRoutes, ...receiverRoutes]) {
    // Elysia does not parse bodies: they are read below, up to a limit.
    app.route(route.verb, route.path, (incoming) => answer(route, incoming, options), { parse: 'none' });
  }
  return app;
}

async function answer(
  route: Route,
  incoming: Incoming,
  options: BroadcasterPluginOptions,
): Promise<Response> {
  try {
    const context = await contextOf(incoming, options);
    requireScope(context.caller, 'media');
    return await route.run(context);
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code === 'internal') options.log.error('a broadcaster call failed', { error: thrown });
    const { reason, status, retryAfterSeconds } = error;
    return text(
      reason,
      status,
      retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` },
    );
  }
}

async function contextOf(incoming: Incoming, options: BroadcasterPluginOptions): Promise<RouteContext> {
  const { request, params, server } = incoming;
  const { access, sfu, broadcasters } = options;
  const remoteAddress = server?.requestIP(request)?.address ?? '';
  access.requirePace(request, remoteAddress);
  const caller = await access.authenticate(request, remoteAddress);
  const param = (name: string) => params[name] ?? '';
  const roomId = requireId('roomId', param('roomId'));
  return {
    sfu,
    broadcasters,
    caller,
    roomId,
    param,
    query: new URL(request.url).searchParams,
    body: request.method === 'POST' ? await readJsonBody(request) : {},
    broadcaster: () => broadcasters.get(roomId, param('peerId')),
  };
}
