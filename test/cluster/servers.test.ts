import { afterAll, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { TestClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { pass } from './test-node.ts';

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];

const clock = new TestClock(Date.now());
const hub = new MemoryHub(clock);
const servers = new Map<Name, Server>();
for (const name of names) {
  const connectBus = () => ({ bus: hub.connect(name), dataBus: hub.connect(name) });
  servers.set(name, await startServer({ TUREEN_NODE: name }, { clock, connectBus }));
}
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});
await pass(clock, 4000);

function serverOf(name: Name): Server {
  const server = servers.get(name);
  if (!server) throw new Error(`there is no server ${name}`);
  return server;
}

const isOpen = ({ socket }: SignalingClient) => socket.readyState === WebSocket.OPEN;

async function join(name: Name, roomId: string, peerId: string): Promise<SignalingClient> {
  const client = await SignalingClient.connect({ server: serverOf(name), roomId, peerId });
  // Nothing moves the clock but this: who opens a room waits for what others say of it.
  const moving = setInterval(() => void pass(clock, 100), 5);
  try {
    const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    await client.request('join', { displayName: peerId, rtpCapabilities });
  } finally {
    clearInterval(moving);
  }
  return client;
}

/** Whom a node shows to somebody who joins there. */
async function seen(name: Name, roomId: string): Promise<string[]> {
  const client = await SignalingClient.connect({ server: serverOf(name), roomId, peerId: `look ${name}` });
  const rtpCapabilities = await client.request('getRouterRtpCapabilities', {});
  const { peers } = await client.request('join', { displayName: 'x', rtpCapabilities });
  await client.close();
  return peers
    .map(({ id }) => id)
    .filter((id) => !id.startsWith('look'))
    .sort();
}

test('somebody who enters on another node takes over from there, and is told why on the first', async () => {
  const first = await join('a', 'replaced', 'alice');
  const watcher = await join('c', 'replaced', 'watcher');
  const second = await join('b', 'replaced', 'alice');
  await pass(clock, 500);
  expect((await first.closed).reason).toStartWith('replaced');
  expect(isOpen(second)).toBe(true);
  await pass(clock, 500);
  expect(await seen('c', 'replaced')).toEqual(['alice', 'watcher']);
  for (const client of [watcher, second]) await client.close();
});

test('of one identity on two nodes that could not know of each other one is left when they meet', async () => {
  hub.isolate('b');
  await pass(clock, 6000);
  const both = [await join('a', 'twice', 'alice'), await join('b', 'twice', 'alice')];
  expect(both.map(isOpen)).toEqual([true, true]);
  hub.isolate();
  await pass(clock, 3000);
  await until(() => both.filter(isOpen).length === 1, 'the end of one of them');
  expect(await seen('c', 'twice')).toEqual(['alice']);
  for (const client of both.filter(isOpen)) await client.close();
});

test('after joins, leaves and partitions at random every node shows the same people in every room', async () => {
  const random = seededRandom('a walk of three servers');
  const rooms = ['room 0', 'room 1', 'room 2'];
  const clients: { client: SignalingClient; roomId: string; peerId: string }[] = [];
  for (let step = 0; step < 80; step += 1) {
    const roomId = random.pick(rooms);
    const dice = random.next();
    if (dice < 0.55 || clients.length === 0) {
      const peerId = `peer ${random.below(8)}`;
      clients.push({ client: await join(random.pick(names), roomId, peerId), roomId, peerId });
    } else if (dice < 0.85) await random.pick(clients).client.close();
    else if (dice < 0.92) hub.isolate(random.pick(names));
    else if (dice < 0.95) hub.kill();
    else {
      hub.isolate();
      hub.restart();
    }
    if (random.chance(0.4)) await pass(clock, 100 * random.below(60));
  }
  hub.isolate();
  hub.restart();
  await pass(clock, 25_000);
  for (const roomId of rooms) {
    await until(async () => {
      await pass(clock, 1000);
      const here = clients.filter(({ client, roomId: of }) => of === roomId && isOpen(client));
      const expected = here.map(({ peerId }) => peerId).sort();
      const views = await Promise.all(names.map((name) => seen(name, roomId)));
      return views.every((view) => Bun.deepEquals(view, expected));
    }, `the same people in ${roomId} everywhere`);
  }
  for (const { client } of clients) if (isOpen(client)) await client.close();
});
