import { afterAll, beforeAll, expect, test } from 'bun:test';
import { MeshNodes } from '../support/mesh-nodes.ts';
import type { SignalingClient } from '../support/signaling-client.ts';
import { eventually } from '../support/until.ts';

const names = ['a', 'b', 'c'];
/** Longer than it takes to give up a node whose silence is proven. */
const longAge = 10_000;

let mesh: MeshNodes;

/** A hub with two leaf nodes: a and b are beside one, c beside another, which keeps something of its own. */
beforeAll(async () => {
  mesh = await MeshNodes.start({ names: [], bus: { domain: 'hub', takesLeaves: true } });
  const [plain, storing] = await Promise.all([mesh.leaf(), mesh.leaf({ jetStream: true, domain: 'leaf' })]);
  const beside = (leaf: typeof plain) => ({ TUREEN_BUS_URL: leaf.url, TUREEN_BUS_DOMAIN: 'hub' });
  await Promise.all([
    mesh.add('a', beside(plain)),
    mesh.add('b', beside(plain)),
    mesh.add('c', beside(storing)),
  ]);
  await Promise.all(names.map((name) => mesh.knows(name, 2)));
});
afterAll(() => mesh[Symbol.asyncDispose]());

const came = (client: SignalingClient, peerId: string) =>
  client.waitFor('newPeer', (data) => data.peerId === peerId);
/** Who came and went, as a client was told. */
const told = (client: SignalingClient) =>
  client.events
    .filter(({ method }) => ['newPeer', 'peerClosed', 'rejoin'].includes(method))
    .map(({ method, data }) => `${method} ${String(data.peerId ?? data.reason)}`);

/** What a node says of another one. */
async function sees(name: string, other: string): Promise<{ stale: boolean; age: number } | undefined> {
  const response = await fetch(`http://127.0.0.1:${mesh.node(name).port}/api/v1/nodes`);
  const { items } = (await response.json()) as { items: { name: string; stale: boolean; age: number }[] };
  return items.find((item) => item.name === other);
}

async function readiness(name: string): Promise<{ status: string; reasons?: string[] }> {
  const response = await fetch(`http://127.0.0.1:${mesh.node(name).port}/readyz`);
  return (await response.json()) as { status: string; reasons?: string[] };
}

test('the hub of leaf nodes is killed: no call notices, joins go on, and all is one again with the hub', async () => {
  const alice = await mesh.join('a', 'alice');
  const bob = await mesh.join('b', 'bob');
  const carol = await mesh.join('c', 'carol');
  await Promise.all([came(alice, 'carol'), came(bob, 'carol')]);
  const before = [told(alice), told(bob), told(carol)];
  await mesh.bus.kill();
  // The nodes beside one leaf node hear each other, and the last one has a JetStream beside it that goes on to answer.
  for (const [name, other] of [
    ['a', 'c'],
    ['b', 'c'],
    ['c', 'a'],
    ['c', 'b'],
  ] as const)
    await eventually(
      `a node ${name} that hears nothing of ${other} and keeps it`,
      () => sees(name, other),
      (seen) => seen === undefined || seen.age > longAge,
    );
  expect(await sees('a', 'c')).toMatchObject({ stale: true });
  expect([told(alice), told(bob), told(carol)]).toEqual(before);
  for (const name of names) expect(await readiness(name)).toMatchObject({ status: 'ready' });
  const anna = await mesh.join('a', 'anna');
  const cecil = await mesh.join('c', 'cecil');
  await Promise.all([came(alice, 'anna'), came(bob, 'anna'), came(carol, 'cecil')]);
  await mesh.bus.restart();
  await Promise.all([
    ...[alice, bob, anna].map((client) => came(client, 'cecil')),
    ...[carol, cecil].map((client) => came(client, 'anna')),
  ]);
  for (const client of [alice, bob, carol])
    expect(told(client).filter((line) => !line.startsWith('newPeer'))).toEqual([]);
  await Promise.all([alice, bob, carol, anna, cecil].map((client) => client.close()));
});

test('a node beside a leaf node is killed: the hub proves that it has to be given up', async () => {
  const alice = await mesh.join('a', 'alice');
  await mesh.join('c', 'carol');
  await came(alice, 'carol');
  mesh.node('c').process.kill('SIGKILL');
  const { reason } = await alice.waitFor('peerClosed', ({ peerId }) => peerId === 'carol');
  expect(reason).toBe('node_lost');
  await alice.close();
});

test('a node beside a leaf node with a JetStream of its own and no domain is unready and says so, and no other is', async () => {
  const leaf = await mesh.leaf({ jetStream: true });
  await mesh.add('d', { TUREEN_BUS_URL: leaf.url });
  // Until it has listened there is another reason, too.
  const { reasons } = await eventually(
    'the reason why it is not ready',
    () => readiness('d'),
    (body) => body.reasons?.length === 1 && JSON.stringify(body).includes('elsewhere'),
  );
  expect(reasons?.[0]).toContain(
    'keeps its bans, users and API keys elsewhere than this node; set TUREEN_BUS_DOMAIN',
  );
  for (const name of ['a', 'b']) {
    await eventually(
      'a line that names it',
      async () =>
        mesh
          .node(name)
          .logged('a node keeps its bans, users and API keys elsewhere; they are not shared with it'),
      (lines) => lines.length === 1 && lines[0]?.node === 'd',
    );
    expect(await readiness(name)).toMatchObject({ status: 'ready' });
  }
});
