import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusMesh } from '../support/bus-mesh.ts';
import { NatsServer } from '../support/nats-server.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { enter } from '../support/world.ts';
import { entry } from '../webhooks/world.ts';

setDefaultTimeout(120_000);

const by = { kind: 'admin', id: 'root' } as const;
const names = ['a', 'b', 'c'];
const types = ['room_started', 'room_finished', 'peer_joined', 'peer_left'];
let mesh: BusMesh;
let receiver: WebhookReceiver;
let environment: Record<string, string>;
let roomId: string;
let rooms = 0;

beforeAll(async () => {
  receiver = new WebhookReceiver();
  environment = {
    ...withKeys,
    TUREEN_WEBHOOKS: JSON.stringify([entry('one', receiver.url, { events: types })]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  };
  mesh = await BusMesh.of(names, environment);
});
afterAll(async () => {
  await mesh[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});
beforeEach(() => {
  rooms += 1;
  roomId = `told-${rooms}`;
});

const enterOn = async (node: string, peerId: string, room = roomId) =>
  await enter({ server: mesh.server(node), roomId: room, peerId, token: await tokenFor(room, peerId) });

/** What was told of a room, with the node that told it. */
const told = (type: string, of = roomId) =>
  receiver.taken.filter(({ event }) => event.type === type && event.roomId === of).map(({ event }) => event);

async function together(): Promise<void> {
  mesh.hub.isolate();
  await until(() => names.every((name) => mesh.knows(name).length === 2), 'the mesh');
}

const heldOn = (node: string) =>
  mesh
    .server(node)
    .store.webhooks.held.all()
    .filter((held) => held.roomId === roomId);

test('a room on several nodes starts once, and finishes once when the last of them has it no more', async () => {
  await enterOn('a', 'alice');
  const bob = await enterOn('b', 'bob');
  mesh.server('a').sfu.closeRoom({ roomId, by });
  await until(() => heldOn('a').length === 1, 'what a holds back');
  await bob.client.request('changeDisplayName', { displayName: 'still here' });
  expect(told('room_finished')).toEqual([]);
  const life = mesh.server('b').sfu.mesh.lives.of(roomId);
  mesh.server('b').sfu.closeRoom({ roomId, by });
  await until(() => told('room_finished').length > 0, 'the end of the room');
  await until(() => told('peer_left').length === 2, 'those who left');
  expect(told('room_started').map(({ node }) => node)).toEqual(['a']);
  expect(told('room_finished')).toMatchObject([{ node: 'b', data: { roomId, reason: 'closed' } }]);
  expect(heldOn('b')).toEqual([]);
  // The next life of the room is another one, with other ids.
  await enterOn('c', 'carol');
  expect(mesh.server('c').sfu.mesh.lives.of(roomId)).not.toBe(life);
  mesh.server('c').sfu.closeRoom({ roomId, by });
  await until(() => told('room_finished').length === 2, 'the end of the second one');
  const ids = [...told('room_started'), ...told('room_finished')].map(({ id }) => id);
  expect(new Set(ids).size).toBe(4);
});

test('of nodes that close a room at the same moment one tells it', async () => {
  for (const name of names) await enterOn(name, `on ${name}`);
  await mesh.server('b').commands.closeRoom({ roomId, by });
  await until(() => told('peer_left').length === 3, 'those who left');
  await until(() => told('room_finished').length > 0, 'the end of the room');
  expect(new Set(told('room_finished').map(({ id }) => id)).size).toBe(1);
  expect(told('room_finished')).toHaveLength(1);
});

test('peers that were lost with their node are told once, by one that is left, and so is the end of their room', async () => {
  await enterOn('a', 'alice');
  await enterOn('b', 'bob');
  await enterOn('c', 'carol');
  await enterOn('c', 'dave');
  const alone = `${roomId} of c`;
  await enterOn('a', 'erin', alone);
  await enterOn('c', 'frank', alone);
  await until(
    () => ['a', 'b'].every((name) => mesh.server(name).sfu.mesh.find(roomId, 'dave')),
    'the roster',
  );
  mesh.server('a').sfu.closeRoom({ roomId: alone, by });
  mesh.hub.isolate('c');
  await until(() => told('peer_left').length >= 2, 'those who were lost', 30_000);
  const left = told('peer_left').map(({ data }) => data);
  const lost = { roomId, reason: 'node_lost', node: 'c', by: { kind: 'server', id: '' } };
  for (const { node } of told('peer_left')) expect(['a', 'b']).toContain(node);
  expect(left.map(({ peerId }) => peerId).sort()).toEqual(['carol', 'dave']);
  for (const one of left) expect(one).toMatchObject(lost);
  // Node a had closed its part of this room: with c nobody has it any more.
  await until(() => told('room_finished', alone).length === 1, 'the end of the lost room');
  expect(told('room_finished', alone)[0]?.node).toBe('a');
  await until(
    () => names.slice(0, 2).every((name) => heldOn(name).length === 0),
    'nothing held back',
    30_000,
  );
  expect(told('peer_left')).toHaveLength(2);
  // It was only cut off: when its peers leave, the same event is told again under the same id.
  const ids = told('peer_left').map(({ id }) => id);
  await together();
  mesh.server('c').sfu.closeRoom({ roomId, by });
  await until(() => told('peer_left').length === 4, 'those who left');
  expect(new Set(told('peer_left').map(({ id }) => id))).toEqual(new Set(ids));
});

test.each([
  ['between the outbox and the claim', false],
  ['between the claim and the sending', true],
])('what a crash left %s is told after the next start', async (_when, isClaimed) => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-told-'));
  const image = `${folder}-image`;
  try {
    const stuck = mesh.hub.connect('d');
    const { claims } = stuck;
    const put: typeof claims.put = async (...value) => {
      if (isClaimed) await claims.put(...value);
      reached = true;
      // The process ends here.
      return await new Promise<never>(() => {});
    };
    let reached = false;
    stuck.claims = Object.assign(Object.create(claims), { put });
    const own = { ...environment, TUREEN_NODE: 'd' };
    const first = await startServer(
      { ...own, TUREEN_DATA_DIR: folder },
      { connectBus: () => ({ bus: stuck, dataBus: mesh.hub.connect('d') }) },
    );
    await until(() => first.mesh?.presence.entered ?? false, 'node d among the others');
    await enter({ server: first, roomId, peerId: 'alice', token: await tokenFor(roomId, 'alice') });
    first.sfu.closeRoom({ roomId, by });
    await until(() => rowsIn(folder, 'webhook_held') === 1, 'the row of the event');
    await until(() => told('peer_left').length === 1, 'who left');
    await until(() => reached, 'the claim');
    await cp(folder, image, { recursive: true });
    await first.stop();
    expect(told('room_finished')).toEqual([]);
    const bus = mesh.hub.connect('d');
    await using second = await startServer(
      { ...own, TUREEN_DATA_DIR: image },
      { connectBus: () => ({ bus, dataBus: mesh.hub.connect('d') }) },
    );
    await until(() => told('room_finished').length === 1, 'the end of the room');
    expect(told('room_finished')[0]).toMatchObject({ node: 'd', data: { reason: 'closed' } });
    await until(() => rowsIn(image, 'webhook_held') + rowsIn(image, 'webhook_outbox') === 0, 'nothing left');
    expect(second.store.webhooks.held.all()).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
    await rm(image, { recursive: true });
  }
});

test('real processes on a real bus: a killed node is told of once, and a killed teller tells after its restart', async () => {
  await using ends = new AsyncDisposableStack();
  const bus = ends.use(await NatsServer.start());
  const folder = await mkdtemp(join(tmpdir(), 'tureen-told-'));
  ends.defer(() => rm(folder, { recursive: true }));
  const start = async (name: string, port: number) =>
    ends.use(
      await Program.start({
        environment: {
          ...environment,
          PORT: String(port),
          TUREEN_NODE: name,
          TUREEN_DATA_DIR: join(folder, name),
          TUREEN_BUS_URL: bus.url,
          TUREEN_PIPE_PORTS: `${48000 + 50 * names.indexOf(name)}-${48049 + 50 * names.indexOf(name)}`,
          TUREEN_EMPTY_ROOM_SECONDS: '1',
        },
      }),
    );
  const ports = names.map(() => freePort());
  const [a, , c] = await Promise.all(names.map((name, index) => start(name, ports[index] ?? 0)));
  const ready = async (port: number) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  for (const port of ports) await until(() => ready(port), 'a node that is ready');
  const joinOn = async (index: number, peerId: string) => {
    const token = await tokenFor(roomId, peerId);
    const client = await SignalingClient.connect({
      server: { port: ports[index] ?? 0 },
      roomId,
      peerId,
      token,
    });
    const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    const { peers } = await client.request('join', { displayName: peerId, rtpCapabilities });
    const sees = async (other: string) =>
      peers.some(({ id }) => id === other) || (await client.waitFor('newPeer', ({ id }) => id === other));
    return { client, sees };
  };
  const alice = await joinOn(0, 'alice');
  await joinOn(2, 'carol');
  const bob = await joinOn(1, 'bob');
  for (const other of ['alice', 'carol']) await bob.sees(other);
  await alice.sees('carol');
  c?.process.kill('SIGKILL');
  await until(() => told('peer_left').length > 0, 'who was lost', 30_000);
  expect(told('peer_left')).toMatchObject([{ data: { peerId: 'carol', reason: 'node_lost', node: 'c' } }]);
  await bob.client.close();
  await until(() => told('peer_left').length === 2, 'who left');
  // Node b closes its empty part; a has the room. Then the bus answers nothing while a closes the rest of it.
  await until(() => rowsIn(join(folder, 'b'), 'webhook_held') === 1, 'what b holds back');
  bus.freeze();
  await alice.client.close();
  await until(() => rowsIn(join(folder, 'a'), 'webhook_held') === 1, 'what a holds back');
  a?.process.kill('SIGKILL');
  await a?.process.exited;
  bus.thaw();
  await start('a', freePort());
  await until(() => told('room_finished').length > 0, 'the end of the room', 60_000);
  await until(
    () => ['a', 'b'].every((name) => rowsIn(join(folder, name), 'webhook_held') === 0),
    'nothing held back',
    60_000,
  );
  expect(told('room_finished')).toHaveLength(1);
  expect(told('room_started')).toHaveLength(1);
});

/** How many rows a table has, seen by another process than the server's. */
function rowsIn(folder: string, table: string): number {
  const database = new Database(join(folder, 'tureen.sqlite'), { readonly: true });
  try {
    return database.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  } finally {
    database.close();
  }
}
