import type { Caller } from '../access/scopes.ts';
import { SfuError } from '../core/errors.ts';
import { isGoodId } from '../core/text.ts';
import type { Sfu } from '../sfu/sfu.ts';
import type { Broadcaster, Broadcasters } from './broadcasters.ts';

/** What a route acts on, and what was sent. */
export interface Call {
  readonly sfu: Sfu;
  readonly broadcasters: Broadcasters;
  readonly caller: Caller;
  readonly roomId: string;
  /** The part of the address of that name. */
  readonly param: (name: string) => string;
  readonly query: URLSearchParams;
  /** The body, an empty object when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The broadcaster that the address names. @throws SfuError not_found */
  readonly broadcaster: () => Broadcaster;
}

/** One call of the broadcaster API. */
export interface Route {
  readonly verb: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly run: (call: Call) => Promise<Response> | Response;
}

/** The start of the address of one broadcaster. */
export const one = '/rooms/:roomId/broadcasters/:peerId';

/** Ids as signaling takes them: printable, and such that cleaning does not change them. @throws SfuError */
export function checkedId(id: string, name: string): string {
  if (isGoodId(id)) return id;
  throw new SfuError(
    'invalid_params',
    `${name} wants 1 to 128 characters without control characters, got ${JSON.stringify(id.slice(0, 140))}`,
  );
}

export function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { 'cache-control': 'no-store' } });
}

export function text(line: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return new Response(`${line}\n`, { status, headers: { ...type, ...headers } });
}
