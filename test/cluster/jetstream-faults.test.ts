import { expect, test } from 'bun:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ban, banned } from '../support/admittance.ts';
import { MeshNodes } from '../support/mesh-nodes.ts';
import type { Program } from '../support/program.ts';
import { eventually, until } from '../support/until.ts';

const known = 'the bans, users and API keys of the other nodes are known';

/** How many facts a node has not brought into the bucket yet, as its metrics say it. */
async function waiting({ port }: Program): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^tureen_facts_waiting(?:\{.*\})? (\d+)$/m.exec(page)?.[1]);
}

const isReady = async ({ port }: Program) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;

/** Takes all the room that JetStream has, as another program does that uses the same bus. @returns what gives it back */
async function fillJetStream(url: string): Promise<() => Promise<void>> {
  const connection = await connect({ servers: url.replace('nats://', '') });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'filler', subjects: ['filler'] });
  for (const size of [64 * 1024, 1024, 1])
    await until(async () => {
      const failure = await connection
        .request('filler', new Uint8Array(size))
        .then(({ data }) => (JSON.parse(new TextDecoder().decode(data)) as { error?: unknown }).error);
      return failure !== undefined;
    }, 'a JetStream without room');
  return async () => {
    await manager.streams.delete('filler');
    await connection.close();
  };
}

const knows = (node: Program, values: string) =>
  eventually(
    `a node that refuses ${values}`,
    () => banned(node),
    (now) => now.join() === values,
  );

const full = 'JetStream does not keep what was decided here; nodes that come later learn it from this one';

test('JetStream is full: bans hold everywhere, wait in the outbox, and are kept when there is room again', async () => {
  await using mesh = await MeshNodes.start({ names: ['a', 'b'], bus: { maxStored: 1024 * 1024 } });
  const [a, b] = [mesh.node('a'), mesh.node('b')];
  for (const node of [a, b]) await node.prints(known);
  const makeRoom = await fillJetStream(mesh.bus.url);
  await ban(a, 'mallory');
  await knows(b, 'mallory');
  await a.prints(full);
  expect(await waiting(a)).toBe(1);
  expect([await isReady(a), await isReady(b)]).toEqual([true, true]);
  // It reads what JetStream has, and hears of the rest.
  const c = await mesh.add('c');
  await c.prints(known);
  await knows(c, 'mallory');
  await ban(a, 'eve');
  await Promise.all([knows(b, 'eve,mallory'), knows(c, 'eve,mallory')]);
  await makeRoom();
  await a.prints('JetStream keeps what was decided here again');
  expect(await waiting(a)).toBe(0);
  expect(a.logged(full)).toHaveLength(1);
  // Nothing was read again meanwhile, which would be all that JetStream has, every few seconds.
  expect(a.logged(known)).toHaveLength(1);
  for (const name of ['a', 'b', 'c']) mesh.node(name).process.kill('SIGKILL');
  await knows(await mesh.add('d'), 'eve,mallory');
});

test('the bus has no JetStream: bans hold everywhere, also on a node that comes later, and who is silent is given up in time', async () => {
  await using mesh = await MeshNodes.start({
    ...{ names: ['a', 'b'], bus: { jetStream: false } },
    environment: { TUREEN_STALE_SECONDS: '5' },
  });
  const [a, b] = [mesh.node('a'), mesh.node('b')];
  const alice = await mesh.join('a', 'alice');
  await mesh.join('b', 'bob');
  await alice.waitFor('newPeer', ({ peerId }) => peerId === 'bob');
  await ban(a, 'mallory');
  await knows(b, 'mallory');
  await knows(await mesh.add('c'), 'mallory');
  expect(await waiting(a)).toBe(1);
  for (const name of ['a', 'b', 'c']) await until(() => isReady(mesh.node(name)), `${name} that is ready`);
  mesh.node('c').process.kill('SIGTERM');
  await a.prints('"why":"goodbye"');
  // Of two nodes without an echo beside the bus nothing proves that the other has ended, but time.
  b.process.kill('SIGKILL');
  const { reason } = await alice.waitFor('peerClosed', ({ peerId }) => peerId === 'bob');
  expect(reason).toBe('node_lost');
});
