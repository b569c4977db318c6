import { type ErrorCode, type Operations, routes } from './tables.ts';

export type OperationName = keyof Operations;
export type OperationParams<N extends OperationName> = Operations[N]['params'];
export type OperationResult<N extends OperationName> = Operations[N]['result'];

export interface ApiOptions {
  /** A key from the dashboard, or a token of `mintProgramToken`. A server in development mode needs none. */
  readonly key?: string;
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What one call can have beside its params. */
export interface CallOptions {
  /** A POST with the same key is carried out once a day, however often it is sent. */
  readonly idempotencyKey?: string;
  /** An ETag: the change is refused (`precondition_failed`) unless the object is still as it was then. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/** The answer to a call with what came beside the data. */
export interface Answer<T> {
  readonly data: T;
  readonly status: number;
  /** The version of an object, for `ifMatch`. */
  readonly etag: string | null;
  /** What was done, but not as it should be: a sentence. */
  readonly warning: string | null;
}

/** A refusal of the server, or an answer that is none of its own (`unexpected`), such as that of a proxy. */
export class TureenError extends Error {
  override readonly name = 'TureenError';

  constructor(
    readonly code: ErrorCode | 'unexpected',
    message: string,
    readonly status: number,
    /** Whether the same call may succeed later. */
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

type Call<N extends OperationName> =
  Record<never, never> extends OperationParams<N>
    ? (params?: OperationParams<N>, options?: CallOptions) => Promise<OperationResult<N>>
    : (params: OperationParams<N>, options?: CallOptions) => Promise<OperationResult<N>>;

/** The REST API of a server: a method for each operation, and `send` for the ETag and the warning of an answer. */
export type TureenApi = { readonly [N in OperationName]: Call<N> } & {
  /** @throws TureenError */
  send<N extends OperationName>(
    name: N,
    params: OperationParams<N>,
    options?: CallOptions,
  ): Promise<Answer<OperationResult<N>>>;
};

/**
 * The REST API of the server at an address such as https://call.example.org. Keep a key on your server, never in a page.
 *
 *     const tureen = tureenApi('https://call.example.org', { key });
 *     const room = await tureen.createRoom({ roomId: 'standup' });
 */
export function tureenApi(address: string | URL, options: ApiOptions = {}): TureenApi {
  const base = `${String(address).replace(/\/+$/, '')}/api/v1`;
  const send = async (name: OperationName, params: object = {}, call: CallOptions = {}) =>
    await readAnswer(await request(base, name, { ...options, params, call }));
  const entries = Object.keys(routes).map((name) => [
    name,
    async (params?: object, call?: CallOptions) => (await send(name as OperationName, params, call)).data,
  ]);
  return { ...Object.fromEntries(entries), send } as TureenApi;
}

async function request(
  base: string,
  name: OperationName,
  { key, fetch = globalThis.fetch, params, call }: ApiOptions & { params: object; call: CallOptions },
): Promise<Response> {
  const [verb = 'GET', path = ''] = routes[name].split(' ');
  const rest: Record<string, unknown> = { ...params };
  const filled = path.replace(/:(\w+)/g, (_, param: string) => {
    const value = rest[param];
    delete rest[param];
    if (value === undefined || value === '') throw new TypeError(`${name} needs "${param}"`);
    return segment(String(value));
  });
  const hasBody = verb !== 'GET' && verb !== 'DELETE';
  const { idempotencyKey, ifMatch, signal } = call;
  const headers: Record<string, string> = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(hasBody && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  };
  const query = hasBody ? '' : queryOf(rest);
  return await fetch(`${base}${filled}${query}`, {
    method: verb,
    headers,
    ...(hasBody && { body: JSON.stringify(rest) }),
    ...(signal && { signal }),
  });
}

/** An id as a part of a path. */
function segment(id: string): string {
  // The URL standard takes these for steps in the path, however they are written.
  if (id === '.' || id === '..') throw new TypeError(`"${id}" cannot be addressed over HTTP`);
  return encodeURIComponent(id);
}

function queryOf(params: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return query === '' ? '' : `?${query}`;
}

async function readAnswer(response: Response): Promise<Answer<never>> {
  const { status, headers } = response;
  const text = await response.text();
  const body = parse(text);
  if (!response.ok || (text !== '' && body === undefined)) throw errorOf(status, body, text);
  const data = (text === '' ? undefined : body) as never;
  return { data, status, etag: headers.get('etag'), warning: headers.get('tureen-warning') };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** From problem details (RFC 9457). */
function errorOf(status: number, body: unknown, text: string): TureenError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { code, detail, retryable } = problem;
  if (typeof code === 'string' && typeof detail === 'string')
    return new TureenError(code as ErrorCode, detail, status, retryable === true);
  const found = text.slice(0, 200).trim();
  const message = `the answer ${status} is not one of a Tureen server; check the address${found && `: ${found}`}`;
  return new TureenError('unexpected', message, status, status >= 500);
}
