import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshNodes } from '../support/mesh-nodes.ts';
import type { SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';

const three = { names: ['a', 'b', 'c'] };

const came = (client: SignalingClient, peerId: string) =>
  client.waitFor('newPeer', (data) => data.peerId === peerId);
const left = (client: SignalingClient, peerId: string) =>
  client.waitFor('peerClosed', (data) => data.peerId === peerId);
/** What a client was told of others, in its order. */
const told = (client: SignalingClient) =>
  client.events
    .filter(({ method }) => ['newPeer', 'peerClosed', 'rejoin'].includes(method))
    .map(({ method, data }) => `${method} ${String(data.peerId ?? data.reason)}`);

test('a node that is killed: its peers leave the calls on the others, as lost with their node', async () => {
  await using mesh = await MeshNodes.start(three);
  const alice = await mesh.join('a', 'alice');
  const bob = await mesh.join('b', 'bob');
  const carol = await mesh.join('c', 'carol');
  await Promise.all([came(alice, 'bob'), came(alice, 'carol'), came(bob, 'carol')]);
  mesh.node('c').process.kill('SIGKILL');
  const ends = await Promise.all([left(alice, 'carol'), left(bob, 'carol')]);
  expect(ends.map(({ reason }) => reason)).toEqual(['node_lost', 'node_lost']);
  expect(told(alice)).toEqual(['newPeer bob', 'newPeer carol', 'peerClosed carol']);
  await carol.closed;
});

test('of two nodes one is killed: the bus itself proves that the other has to be given up', async () => {
  await using mesh = await MeshNodes.start({ names: ['a', 'b'] });
  const alice = await mesh.join('a', 'alice');
  await mesh.join('b', 'bob');
  await came(alice, 'bob');
  mesh.node('b').process.kill('SIGKILL');
  expect((await left(alice, 'bob')).reason).toBe('node_lost');
});

test('a node that is stopped and goes on: nothing old happens there, nobody rejoins, and its peers are back', async () => {
  await using mesh = await MeshNodes.start(three);
  const alice = await mesh.join('a', 'alice');
  const carol = await mesh.join('c', 'carol');
  const bob = await mesh.join('b', 'bob');
  await Promise.all([came(alice, 'bob'), came(carol, 'bob')]);
  mesh.node('c').process.kill('SIGSTOP');
  await Promise.all([left(alice, 'carol'), left(bob, 'carol')]);
  // What would be a backlog.
  for (let count = 0; count < 10; count += 1) {
    const visitor = await mesh.join('b', `visitor ${count}`);
    await visitor.close();
    await left(alice, `visitor ${count}`);
  }
  await bob.close();
  await left(alice, 'bob');
  mesh.node('c').process.kill('SIGCONT');
  await mesh.node('c').prints('this process stood still; it meets the other nodes again');
  await Promise.all([
    left(carol, 'bob'),
    until(() => told(alice).filter((line) => line === 'newPeer carol').length === 2, 'carol again'),
  ]);
  expect(told(carol)).toEqual(['newPeer bob', 'peerClosed bob']);
  expect(carol.socket.readyState).toBe(WebSocket.OPEN);
  const dora = await mesh.join('c', 'dora');
  await came(alice, 'dora');
  await dora.close();
  await left(alice, 'dora');
});

test('the bus is killed: no call notices, joins go on, and all is one again with the bus', async () => {
  await using mesh = await MeshNodes.start(three);
  const alice = await mesh.join('a', 'alice');
  const bob = await mesh.join('b', 'bob');
  const bert = await mesh.join('b', 'bert');
  await Promise.all([came(alice, 'bob'), came(alice, 'bert')]);
  await mesh.bus.kill();
  await Promise.all(['a', 'b', 'c'].map((name) => mesh.hearsNothingOf(name, 2)));
  const before = [told(alice), told(bob)];
  expect(before).toEqual([['newPeer bob', 'newPeer bert'], ['newPeer bert']]);
  // What is said while the nodes try to reconnect is lost on the way.
  const carol = await mesh.join('c', 'carol');
  const anna = await mesh.join('a', 'anna');
  await bert.close();
  await Promise.all([came(alice, 'anna'), left(bob, 'bert')]);
  expect(told(carol)).toEqual([]);
  const ready = await fetch(`http://127.0.0.1:${mesh.node('a').port}/readyz`);
  expect(ready.status).toBe(200);
  await mesh.bus.restart();
  await Promise.all([
    ...[alice, anna, bob].map((client) => came(client, 'carol')),
    ...['alice', 'anna', 'bob'].map((peerId) => came(carol, peerId)),
    left(alice, 'bert'),
    came(bob, 'anna'),
  ]);
  expect(told(alice).toSorted()).toEqual(
    ['newPeer bob', 'newPeer bert', 'newPeer anna', 'peerClosed bert', 'newPeer carol'].toSorted(),
  );
  expect(told(bob).toSorted()).toEqual(
    ['newPeer bert', 'peerClosed bert', 'newPeer anna', 'newPeer carol'].toSorted(),
  );
});

test('the bus stands still: no call notices, joins go on, and all is one again', async () => {
  await using mesh = await MeshNodes.start(three);
  const alice = await mesh.join('a', 'alice');
  const bob = await mesh.join('b', 'bob');
  await came(alice, 'bob');
  mesh.bus.freeze();
  await Promise.all(['a', 'b', 'c'].map((name) => mesh.hearsNothingOf(name, 2)));
  const carol = await mesh.join('c', 'carol');
  mesh.bus.thaw();
  await Promise.all([came(alice, 'carol'), came(bob, 'carol'), came(carol, 'alice'), came(carol, 'bob')]);
  expect(told(alice)).toEqual(['newPeer bob', 'newPeer carol']);
  expect(told(bob)).toEqual(['newPeer carol']);
});

test('a second installation of a name is unready with that reason, and disturbs nobody', async () => {
  await using mesh = await MeshNodes.start({ names: ['a', 'b'] });
  const alice = await mesh.join('a', 'alice');
  const first = mesh.node('a');
  const second = await mesh.add('a');
  const reasons = await eventually(
    'the reason why it is not ready',
    async () => (await fetch(`http://127.0.0.1:${second.port}/readyz`)).json(),
    (body) => JSON.stringify(body).includes('another installation'),
  );
  expect(reasons).toMatchObject({
    status: 'unready',
    reasons: ['another installation is named "a" too; give each node a name of its own with TUREEN_NODE'],
  });
  expect((await fetch(`http://127.0.0.1:${first.port}/readyz`)).status).toBe(200);
  await mesh.join('b', 'bob');
  await came(alice, 'bob');
  first.process.kill('SIGTERM');
  await until(
    async () => (await fetch(`http://127.0.0.1:${second.port}/readyz`)).status === 200,
    'the second one to be ready after the first has ended',
  );
});

test('a node that starts again on its data succeeds its former life, which is dropped at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-mesh-'));
  const data = { TUREEN_DATA_DIR: folder };
  await using mesh = await MeshNodes.start({ names: ['a'] });
  await mesh.add('b', data);
  await mesh.knows('a', 1);
  mesh.node('b').process.kill('SIGKILL');
  await mesh.add('b', data);
  const ended = () => mesh.node('a').logged('a node is not in the mesh any more');
  await until(() => ended().length === 1, 'the end of the former life');
  expect(['succeeded', 'lost']).toContain(String(ended()[0]?.why));
  await mesh.knows('a', 2);
  await rm(folder, { recursive: true });
});

test('a node that ends says goodbye: its peers leave at once', async () => {
  await using mesh = await MeshNodes.start({ names: ['a', 'b'] });
  const alice = await mesh.join('a', 'alice');
  await mesh.join('b', 'bob');
  await came(alice, 'bob');
  mesh.node('b').process.kill('SIGTERM');
  await left(alice, 'bob');
  await mesh.node('a').prints('"why":"goodbye"');
  expect(mesh.node('a').logged('nothing is heard of a node')).toEqual([]);
});
