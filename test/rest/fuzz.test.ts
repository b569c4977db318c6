import { expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { serverActor } from '../../src/core/actors.ts';
import { findOperation } from '../../src/operations/table/index.ts';
import { seededRandom } from '../support/random.ts';
import { apiKey, logLines } from '../support/server.ts';
import { createWorld, type World } from '../support/world.ts';
import { type ApiAnswer, Caller } from './support.ts';

setDefaultTimeout(180_000);

/** What the test reads of the OpenAPI document. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { in: string; name: string; schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What is asked of one operation. */
interface Attempt {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const attemptsEach = 60;
const huge = [
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  '../..',
  '%00',
  '__proto__',
  'constructor',
  Number.MAX_SAFE_INTEGER,
  -1e308,
  0.1,
  '9'.repeat(400),
  null,
  {},
  [],
  [[[[[]]]]],
];

/** What the values are made from: the document, and ids that are there, by the names of the params. */
interface Source {
  readonly api: ApiDocument;
  readonly known: Readonly<Record<string, readonly unknown[]>>;
}

/** Values of a schema, and of a wrong one now and then. */
function valuesOf(schema: Schema, source: Source, name = ''): fc.Arbitrary<unknown> {
  const known = source.known[name] ?? [];
  return fc.oneof(
    { weight: 12, arbitrary: fittingOf(schema, source) },
    { weight: known.length > 0 ? 24 : 0, arbitrary: fc.constantFrom(...known, '') },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom(...huge) },
  );
}

function fittingOf(schema: Schema, source: Source): fc.Arbitrary<unknown> {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return fittingOf(source.api.components.schemas[name] ?? {}, source);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((option) => fittingOf(option, source)));
  switch (schema.type) {
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, source), { maxLength: 5 });
    case 'object':
      return objectsOf(schema, source);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 1e6, 2 ** 31 - 1) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.string({
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength ?? 300, 300),
        unit: 'binary',
      });
  }
}

function objectsOf({ properties = {}, required = [] }: Schema, source: Source): fc.Arbitrary<unknown> {
  const keys = Object.entries(properties).map(([key, part]) => [key, valuesOf(part, source, key)]);
  const odd = fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 });
  if (keys.length === 0) return odd;
  const record = Object.fromEntries(keys) as Record<string, fc.Arbitrary<unknown>>;
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(record, { requiredKeys: [...required] }) },
    { weight: 1, arbitrary: fc.record(record, { requiredKeys: [] }) },
    { weight: 1, arbitrary: odd },
  );
}

function attemptsOf({ parameters, requestBody }: Described, source: Source) {
  const placed = (place: string) => {
    const chosen = parameters.filter((parameter) => parameter.in === place);
    const values = chosen.map(({ name, schema }) => [name, valuesOf(schema, source, name)]);
    const record = Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>;
    return fc.record(record, place === 'path' ? {} : { requiredKeys: [] });
  };
  const odd = fc.dictionary(fc.string({ maxLength: 8 }), fc.string(), { maxKeys: 2 });
  const headers = fc.record(
    {
      'idempotency-key': fc.constantFrom('a', 'b', '"', ''),
      'if-match': fc.constantFrom('*', '"x"', 'W/"', ',,,'),
      'content-type': fc.constantFrom('application/json', 'text/html', ''),
    },
    { requiredKeys: [] },
  );
  const body = requestBody?.content['application/json'].schema;
  return fc.record({
    path: placed('path'),
    query: fc.oneof({ weight: 8, arbitrary: placed('query') }, { weight: 1, arbitrary: odd }),
    headers: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
    body: body ? valuesOf(body, source) : fc.constant(undefined),
  });
}

/** What only reads comes first, what ends something last: otherwise soon nothing would be there. */
const order = ['get', 'patch', 'put', 'post', 'delete'];

test('no request that the document allows or forbids makes the server fail', async () => {
  const { seed } = seededRandom('fuzzing the OpenAPI document');
  await using world = await createWorld({ environment: { TUREEN_API_REQUESTS_PER_SECOND: '100000' } });
  const caller = new Caller(world.server, await apiKey());
  const api = (await caller.get('/openapi.json')).json as unknown as ApiDocument;
  const logged = logLines.length;
  const { producer = '', consumer = '', sendTransport = '', recvTransport = '' } = world.ids;
  const ban = { kind: 'identity', roomId: null, reason: '', by: serverActor, expiresAt: null } as const;
  const bans = ['x', 'y', 'z'].map((value) => world.server.store.bans.add({ ...ban, value }).id);
  const known = {
    roomId: ['room'],
    peerId: ['alice', 'bob'],
    producerId: [producer],
    consumerId: [consumer],
    transportId: [sendTransport, recvTransport],
    banId: bans,
  };
  const reached = new Map<number, number>();
  const all = Object.entries(api.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, described]) => ({ path, verb, described })),
  );
  for (const { path, verb, described } of all.sort((a, b) => order.indexOf(a.verb) - order.indexOf(b.verb))) {
    await fc.assert(
      fc.asyncProperty(attemptsOf(described, { api, known }), async (attempt) => {
        const answer = await send(caller, { path, verb }, attempt);
        reached.set(answer.status, (reached.get(answer.status) ?? 0) + 1);
        expectFine(described, answer);
        recover(world);
      }),
      { seed, numRuns: attemptsEach },
    );
  }
  // Both what is carried out and what is refused has been seen.
  for (const status of [200, 204, 400, 404])
    expect(reached.get(status) ?? 0, String(status)).toBeGreaterThan(0);
  expect(logLines.slice(logged).filter((line) => line.includes('an operation failed'))).toEqual([]);
  expect((await caller.get('/node')).status).toBe(200);
  expect(world.server.sfu.snapshot().workers.map(({ deaths }) => deaths)).toEqual([0]);
});

async function send(
  caller: Caller,
  { path, verb }: { path: string; verb: string },
  { path: inPath, query, headers, body }: Attempt,
): Promise<ApiAnswer> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(inPath[name]));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, textOf(value)]));
  const method = verb.toUpperCase();
  return await caller.call(`${filled}?${search}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Dots are left out, for fetch takes them for a way up. */
function encoded(value: unknown): string {
  const text = textOf(value).toWellFormed();
  return encodeURIComponent(/^\.*$/.test(text) ? 'x' : text);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function expectFine({ operationId, responses }: Described, { status, headers, text, json }: ApiAnswer): void {
  // A node that was told to drain says so; nothing else may be wrong with the server.
  if (json?.code !== 'draining') expect(status, `${operationId}: ${text}`).toBeLessThan(500);
  expect(text).not.toMatch(/node_modules|\.ts:\d+|\bat .+\(|TypeError|SQLITE/);
  if (status >= 400) {
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect([json?.status, typeof json?.code, typeof json?.detail]).toEqual([status, 'string', 'string']);
  }
  if (!(String(status) in responses) || status !== 200) return;
  const result = findOperation(operationId)?.result;
  if (result) expect([...Value.Errors(result, json)], operationId).toEqual([]);
}

/** Takes a drain back, so that what follows is not all refused for it. One that has ended all calls cannot be. */
function recover({ server }: World): void {
  try {
    if (server.sfu.drainDeadline !== null) server.sfu.cancelDrain({ kind: 'server', id: '' });
  } catch {}
}
