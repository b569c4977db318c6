import { treaty } from '@elysiajs/eden/treaty2';
import type { Static } from '@sinclair/typebox';
import type { CreateEden, DefinitionBase, Elysia, MetadataBase, SingletonBase } from 'elysia';
import type { AnyOperation } from '../src/operations/table/index.ts';
import type { Problem } from '../src/rest/problem.ts';

/**
 * The REST API (docs/api.md) for servers, typed from the table of its operations; Eden makes the calls
 * (https://elysiajs.com/eden/treaty/overview). Names in the path are arguments:
 *
 *     const api = tureenServer('https://call.example.org', { key });
 *     const { data, error } = await api.rooms({ roomId: 'standup' }).get();
 *
 * The second argument of a DELETE has its `query`, and `headers` such as `if-match`.
 * @deprecated use the package tureen-server-sdk; this is removed in the next version
 */
export type TureenServer = ReturnType<typeof treatyOf>;

export interface TureenServerOptions {
  /** A key from the dashboard, or a JWT with scopes. A server in development mode needs none. */
  readonly key?: string;
  /** Instead of the platform's own. */
  readonly fetch?: typeof fetch;
}

export type { Problem } from '../src/rest/problem.ts';

/** A client for the server at an address such as https://call.example.org. */
export function tureenServer(address: string, options: TureenServerOptions = {}): TureenServer {
  return encoding(treatyOf(address, options));
}

type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** The params of an operation beside those in its path. */
type RestOf<O extends AnyOperation> = Omit<Static<O['params']>, NamesIn<O['path']>>;
type StatusOf<O extends AnyOperation> = O extends { readonly status: infer S extends number } ? S : 200;
/** An answer without a body is read as an empty text. */
type ResultOf<O extends AnyOperation> = StatusOf<O> extends 204 ? '' : Static<O['result']>;
type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 500 | 503;

interface RouteOf<O extends AnyOperation> {
  body: O['verb'] extends 'GET' | 'DELETE'
    ? undefined
    : keyof RestOf<O> extends never
      ? undefined
      : RestOf<O>;
  query: O['verb'] extends 'GET' | 'DELETE' ? RestOf<O> : unknown;
  params: Record<NamesIn<O['path']>, string>;
  headers: { 'idempotency-key'?: string; 'if-match'?: string; 'if-none-match'?: string };
  response: { [Status in StatusOf<O>]: ResultOf<O> } & { [Status in ErrorStatus]: Problem };
}

type RoutesOf<O extends AnyOperation> = O extends AnyOperation
  ? CreateEden<O['path'], { [V in Lowercase<O['verb']>]: RouteOf<O> }>
  : never;
type Together<U> = (U extends U ? (part: U) => void : never) extends (all: infer I) => void ? I : never;

/** What Eden reads the types from. */
type App = Elysia<'', SingletonBase, DefinitionBase, MetadataBase, Together<RoutesOf<AnyOperation>> & object>;

function treatyOf(address: string, { key, fetch: fetcher }: TureenServerOptions) {
  return treaty<App>(`${address.replace(/\/$/, '')}/api/v1`, {
    parseDate: false,
    ...(fetcher && { fetcher }),
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
  });
}

const verbs: ReadonlySet<PropertyKey> = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** Encodes ids in a path, since Eden does not, and an id may contain a slash or a question mark. */
function encoding<T extends object>(inner: T): T {
  return new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      return typeof value === 'function' && !verbs.has(name) ? encoding(value) : value;
    },
    apply(target, self, [params]: [Record<string, string | number>]) {
      const encoded = Object.entries(params).map(([name, value]) => [name, encodeURIComponent(value)]);
      const call = target as unknown as (...values: unknown[]) => object;
      return encoding(Reflect.apply(call, self, [Object.fromEntries(encoded)]));
    },
  });
}
