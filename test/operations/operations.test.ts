import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { workerBin } from 'mediasoup';
import { scopes } from '../../src/access/scopes.ts';
import type { Server } from '../../src/app/server.ts';
import { type ErrorCode, errorCodes } from '../../src/core/errors.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { findOperation, type OperationName, operations } from '../../src/operations/table/index.ts';
import { exampleRequest } from '../../src/rest/example.ts';
import { basePath } from '../../src/rest/headers.ts';
import { migrate } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import { type ApiAnswer, Caller } from '../rest/support.ts';
import { apiKey, startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker, workerPid } from '../support/workers.ts';
import { createWorld, type World, type WorldOptions, withIds } from '../support/world.ts';

setDefaultTimeout(60_000);

// A worker executable that can be taken away, so that none can be started any more.
const removableFolder = await mkdtemp(join(tmpdir(), 'tureen-worker-'));
const removable = join(removableFolder, 'mediasoup-worker');
await symlink(workerBin, removable);
afterAll(() => rm(removableFolder, { recursive: true }));

/** How an error of an operation is brought about. */
interface Provocation {
  world?: WorldOptions;
  prepare?: (world: World) => unknown;
  /** Without a key, as in development mode. */
  anonymous?: boolean;
  /** What is changed in the example. */
  params?: Record<string, unknown>;
  /** The worker stops, and dies as soon as this call of mediasoup is on its way to it. */
  dyingCall?: (world: World) => { object: object; method: string };
}

const nowhere: Provocation = { params: { roomId: 'nowhere' } };
const nobody: Provocation = { params: { peerId: 'nobody' } };
const unknownId = '00000000-0000-4000-8000-000000000000';
const alice = ({ server }: World) => server.sfu.peer('room', 'alice');
const ownProducer = (world: World) => alice(world).publication(world.ids.producer ?? '').producer;
const ownConsumer = (world: World) => alice(world).subscription(world.ids.consumer ?? '').consumer;
const ofProducer = { not_found: { params: { producerId: unknownId } } };
const ofConsumer = { not_found: { params: { consumerId: unknownId } } };
const dyingProducer = (method: string) => ({
  ...ofProducer,
  gone: { dyingCall: (world: World) => ({ object: ownProducer(world), method }) },
});
const dyingConsumer = (method: string) => ({
  ...ofConsumer,
  gone: { dyingCall: (world: World) => ({ object: ownConsumer(world), method }) },
});
const drains: Provocation = { prepare: ({ server }) => void server.sfu.drain({ milliseconds: 60_000 }) };
const noBan: Provocation = { params: { banId: 999 } };

/** Captures alice, whose capture the examples name. */
async function startsCapture({ server, ids }: World): Promise<void> {
  const target = { roomId: 'room', peerId: 'alice', content: 'headers', seconds: 60 } as const;
  Object.assign(ids, { capture: (await server.sfu.captures.start(target)).id });
}

const provocations: Partial<Record<OperationName, Partial<Record<ErrorCode, Provocation>>>> = {
  createRoom: {
    wrong_state: { params: { roomId: 'room' } },
    draining: drains,
    worker_unavailable: { world: { workerBin: removable }, prepare: loseWorkersForGood },
  },
  listRooms: {},
  getRoom: { not_found: nowhere },
  getRoomState: { not_found: nowhere },
  changeRoom: { not_found: nowhere },
  moveRoom: { not_found: { params: { workerIndex: 7 } } },
  closeRoom: { not_found: nowhere },
  listPeers: { not_found: nowhere },
  getPeer: { not_found: nobody },
  getPeerCourse: { not_found: nobody },
  listTimeline: {},
  changePeer: {
    not_found: nobody,
    limit_reached: { params: { attributes: { text: 'x'.repeat(5000) } } },
  },
  removePeer: { not_found: nobody },
  banPeer: { not_found: nobody },
  mutePeer: { not_found: nobody },
  allowPeer: { not_found: nobody },
  listTransports: { not_found: nobody },
  getTransportStats: {
    not_found: { params: { transportId: unknownId } },
    gone: {
      dyingCall: (world) => ({
        object: alice(world).transport(world.ids.sendTransport ?? '').transport,
        method: 'getStats',
      }),
    },
  },
  startCapture: {
    not_found: nobody,
    wrong_state: {
      prepare: async ({ server }) =>
        void (await SignalingClient.connect({
          server,
          peerId: 'carol',
          token: await tokenFor('room', 'carol'),
        })),
      params: { peerId: 'carol' },
    },
    limit_reached: { prepare: startsCapture },
    gone: {
      dyingCall: (world) => ({
        object: alice(world).router?.router as object,
        method: 'createDirectTransport',
      }),
    },
  },
  getCapture: { not_found: { params: { captureId: unknownId } } },
  discardCapture: { not_found: { params: { captureId: unknownId } } },
  listDataProducers: { not_found: nobody },
  listDataConsumers: { not_found: nobody },
  listProducers: { not_found: nowhere },
  getProducer: ofProducer,
  getProducerStats: dyingProducer('getStats'),
  muteProducer: dyingProducer('pause'),
  allowProducer: ofProducer,
  closeProducer: ofProducer,
  listConsumers: { not_found: nowhere },
  getConsumer: ofConsumer,
  getConsumerStats: dyingConsumer('getStats'),
  pauseConsumer: dyingConsumer('pause'),
  resumeConsumer: dyingConsumer('resume'),
  closeConsumer: ofConsumer,
  sendToRoom: { not_found: nowhere },
  sendToPeer: { not_found: nobody },
  mintPeerToken: {
    wrong_state: {
      world: { environment: { TUREEN_API_KEY: undefined, TUREEN_API_SECRET: undefined } },
      anonymous: true,
    },
  },
  listBans: {},
  addBan: {},
  getBan: { not_found: noBan },
  liftBan: { not_found: noBan },
  getNode: {},
  listNodes: {},
  getPlacement: {},
  drainNode: { not_found: { params: { node: 'nobody' } } },
  cancelDrain: { wrong_state: {}, not_found: { params: { node: 'nobody' } } },
  listWorkers: {},
  getTopRooms: {},
  listAudit: {},
};

/** What has to be there before an example is carried out. */
const preparations: Partial<Record<OperationName, Provocation['prepare']>> = {
  cancelDrain: drains.prepare,
  getCapture: startsCapture,
  discardCapture: startsCapture,
};

const own = Object.keys(provocations).map((name) => [name, findOperation(name) as Operation] as const);

/** For what changes nothing. */
let shared: World;
beforeAll(async () => {
  shared = await createWorld();
});
afterAll(() => shared[Symbol.asyncDispose]());

describe.each(own)('%s', (name, operation) => {
  test('does what its example shows and answers in the shape of its schema', async () => {
    const alone = operation.verb === 'GET' ? undefined : await createWorld();
    await using _end = alone;
    const world = alone ?? shared;
    await preparations[name as OperationName]?.(world);
    const { status, json, text } = await ask(world, operation, {}, await apiKey());
    expect([status, text]).toEqual([operation.status ?? 200, text]);
    if (status === 204) return expect(text).toBe('');
    expect([...Value.Errors(operation.result, json)]).toEqual([]);
    // Nothing is told that is not documented.
    expect(Value.Clean(operation.result, structuredClone(json))).toEqual(json);
  });

  test('names exactly the errors that can be brought about', () => {
    expect(Object.keys(provocations[name as OperationName] ?? {}).sort()).toEqual(
      [...operation.errors].sort(),
    );
  });

  for (const [code, provocation] of Object.entries(provocations[name as OperationName] ?? {})) {
    test(`answers ${code} when that is what went wrong`, async () => {
      const { params, anonymous = false, ...needs } = provocation;
      const alone = Object.keys(needs).length === 0 ? undefined : await createWorld(needs.world);
      await using _end = alone;
      const world = alone ?? shared;
      await needs.prepare?.(world);
      const key = anonymous ? undefined : await apiKey();
      const asked = () => ask(world, operation, params, key);
      const dying = provocation.dyingCall?.(world);
      expectProblem(dying ? await whileDying(world.server, dying, asked) : await asked(), code as ErrorCode);
    });
  }
});

describe('asking for any operation', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ ...withKeys, TUREEN_API_REQUESTS_PER_SECOND: '100000' });
  });
  afterAll(() => server.stop());

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s wants its scope, a key, and no params that it does not know',
    async (_name, operation) => {
      const { method, path, body } = exampleRequest(operation);
      const below = path.slice(basePath.length);
      const rest = await apiKey(scopes.filter((scope) => scope !== operation.scope));
      const forbidden = await new Caller(server, rest).call(below, { method, body });
      expectProblem(forbidden, 'forbidden');
      expect(forbidden.json?.detail).toContain(`the scope ${operation.scope}`);
      const stranger = await new Caller(server, undefined).call(below, { method, body });
      expectProblem(stranger, 'unauthorized');
      expect(stranger.headers.get('www-authenticate')).toStartWith('Bearer');
      const caller = new Caller(server, await apiKey());
      const odd = body
        ? await caller.call(below, { method, body: { ...body, colour: 'red' } })
        : await caller.call(`${below}${below.includes('?') ? '&' : '?'}colour=red`, { method });
      expectProblem(odd, 'invalid_params');
      expect(odd.json?.detail).toContain('colour');
    },
  );

  test.each(scopes)('the scope %s alone opens its own operations and no other', async (scope) => {
    const caller = new Caller(server, await apiKey([scope]));
    for (const operation of operations) {
      const { method, path, body } = exampleRequest(operation);
      // What may be carried out is asked with a param that no operation knows, so that nothing happens.
      const url = `${path.slice(basePath.length)}${path.includes('?') ? '&' : '?'}colour=red`;
      const odd = body ? { ...body, colour: 'red' } : undefined;
      const { json } = await caller.call(url, { method, ...(odd && { body: odd }) });
      const expected = operation.scope === scope ? 'invalid_params' : 'forbidden';
      expect([operation.name, json?.code]).toEqual([operation.name, expected]);
    }
  });

  test('a key of the dashboard has the scopes of its role', async () => {
    const viewer = new Caller(server, server.store.apiKeys.create('a viewer', 'viewer'));
    expect((await viewer.get('/node')).status).toBe(200);
    expectProblem(await viewer.post('/node/drain', {}), 'forbidden');
    const admin = new Caller(server, server.store.apiKeys.create('an admin', 'admin'));
    expect((await admin.post('/rooms', { roomId: 'by key' })).status).toBe(201);
    expect(server.store.audit.search({ limit: 1 })).toMatchObject([
      { by: { kind: 'api', id: 'an admin' }, action: 'room.create', roomId: 'by key', result: 'done' },
    ]);
  });
});

test('every operation is carried out by a test', async () => {
  const files = [...new Bun.Glob('test/**/*.test.ts').scanSync()];
  const text = (await Promise.all(files.map((file) => Bun.file(file).text()))).join('\n');
  expect(operations.map(({ name }) => name).filter((name) => !text.includes(name))).toEqual([]);
});

async function ask(
  { server, ids }: World,
  operation: Operation,
  params: Record<string, unknown> = {},
  key: string | undefined,
): Promise<ApiAnswer> {
  const { bans } = server.store;
  const by = { kind: 'admin', id: 'root' };
  const ban = { kind: 'identity', value: 'mallory', roomId: null, reason: '', by, expiresAt: null } as const;
  const example = withIds(operation.example, { ...ids, ban: bans.add(ban).id });
  const { method, path, body } = exampleRequest(operation, { ...(example as object), ...params });
  return await new Caller(server, key).call(path.slice(basePath.length), {
    method,
    body,
  });
}

function expectProblem({ status, headers, json }: ApiAnswer, code: ErrorCode): void {
  const { title, detail, ...rest } = json ?? {};
  const { status: wanted, retryable } = errorCodes[code];
  expect(rest).toEqual({ type: `/api/v1#${code}`, status: wanted, code, retryable });
  expect(title).toBeString();
  expect(String(detail).length).toBeGreaterThan(15);
  expect(status).toBe(errorCodes[code].status);
  expect(headers.get('content-type')).toBe('application/problem+json');
}

async function whileDying(
  server: Server,
  { object, method }: { object: object; method: string },
  asked: () => Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const pid = workerPid(server);
  const call = spyOn(object as Record<string, () => unknown>, method);
  process.kill(pid, 'SIGSTOP');
  const answer = asked();
  await until(() => call.mock.calls.length > 0, `${method} on its way to the worker`);
  process.kill(pid, 'SIGKILL');
  return await answer;
}

async function loseWorkersForGood({ server, alice: client }: World): Promise<void> {
  await rm(removable);
  await symlink('/bin/false', removable);
  killWorker(server);
  await client.waitFor('rejoin');
}

test('a ban is found and lifted by the number that it had before ids were UUIDs, as a number and as a text', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-numbers-'));
  await using ends = new AsyncDisposableStack();
  ends.defer(() => rm(folder, { recursive: true }));
  const old = new Database(join(folder, 'tureen.sqlite'), { strict: true, create: true });
  migrate(old, migrations.slice(0, 5));
  old.run(
    `INSERT INTO bans (id, kind, value, room_id, reason, by_kind, by_id, created_at) VALUES (12, 'identity', 'mallory', NULL, '', 'admin', 'ada', 5)`,
  );
  old.close();
  const server = ends.use(await startServer({ ...withKeys, TUREEN_DATA_DIR: folder }));
  const headers = { authorization: `Bearer ${await apiKey()}` };
  const url = `http://127.0.0.1:${server.port}/api/v1/bans/12`;
  const found = (await (await fetch(url, { headers })).json()) as { id: string };
  expect(found).toMatchObject({ value: 'mallory', liftedAt: null });
  expect(found.id).toMatch(/^[0-9a-f-]{36}$/);
  const program = await SignalingClient.connect({ server, path: '/control?', token: await apiKey() });
  await program.waitFor('welcome');
  expect(await program.request('getBan' as never, { banId: 12 } as never)).toMatchObject(found);
  await program.close();
  expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(204);
  expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
});
