import { Elysia } from 'elysia';
import type { ApiAccess } from '../access/api-access.ts';
import { requireScope } from '../access/scopes.ts';
import { toSfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { readJsonBody } from '../wire/body.ts';
import { both } from './both.ts';
import type { Broadcasters } from './broadcasters.ts';
import { newer } from './newer.ts';
import { older } from './older.ts';
import { type Call, checkedId, type Route, text } from './route.ts';

export interface BroadcasterPluginOptions {
  broadcasters: Broadcasters;
  access: ApiAccess;
  sfu: Sfu;
  log: Logger;
}

/** What a route gets of Elysia. */
interface Incoming {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly server: Pick<Bun.Server<unknown>, 'requestIP'> | null;
}

/**
 * The HTTP API by which scripts for the mediasoup demo bring media of ffmpeg and GStreamer into a room, in the older and
 * the newer shape; docs/ingest.md has both. Errors are a line of text. Outside development mode an API key with the
 * scope `media` is needed.
 */
export function broadcasterPlugin(options: BroadcasterPluginOptions) {
  const app = new Elysia({ name: 'broadcasters', normalize: false });
  for (const route of [...both, ...older, ...newer]) {
    // The body is read here, with a bound.
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
    const call = await callOf(incoming, options);
    requireScope(call.caller, 'media');
    return await route.run(call);
  } catch (thrown) {
    const error = toSfuError(thrown);
    if (error.code === 'internal') options.log.error('a broadcaster call failed', { error: thrown });
    return text(error.reason, error.status);
  }
}

async function callOf(incoming: Incoming, options: BroadcasterPluginOptions): Promise<Call> {
  const { request, params, server } = incoming;
  const { access, sfu, broadcasters } = options;
  const caller = await access.authenticate(request, server?.requestIP(request)?.address ?? '');
  const param = (name: string) => params[name] ?? '';
  const roomId = checkedId(param('roomId'), 'roomId');
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
