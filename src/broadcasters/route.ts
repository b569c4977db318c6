import type { Caller } from '../access/scopes.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Broadcaster, Broadcasters } from './broadcasters.ts';

/** What a route acts on, and what was sent to it. */
export interface RouteContext {
  readonly sfu: Sfu;
  readonly broadcasters: Broadcasters;
  readonly caller: Caller;
  readonly roomId: string;
  /** The value of a `:name` in the path. */
  readonly param: (name: string) => string;
  readonly query: URLSearchParams;
  /** The JSON body; an empty object when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Finds the broadcaster that the path names. @throws SfuError not_found */
  readonly broadcaster: () => Broadcaster;
}

/** One route of the broadcaster API. */
export interface Route {
  readonly verb: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly run: (context: RouteContext) => Promise<Response> | Response;
}

/** The path of one broadcaster. */
export const broadcasterPath = '/rooms/:roomId/broadcasters/:peerId';

export function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { 'cache-control': 'no-store' } });
}

export function text(line: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return new Response(`${line}\n`, { status, headers: { ...type, ...headers } });
}
