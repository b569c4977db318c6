import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { systemClock } from '../../src/core/clock.ts';
import { admittance } from '../support/admittance.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { receivesOpusAndVp8 } from '../support/rtp.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { LeapingClock } from './test-node.ts';

setDefaultTimeout(60_000);

const hourMs = 3_600_000;
const lifetime = 3 * 3600;
let mesh: BusMesh;

/** The clock of node a is an hour ahead of those of b and c. */
beforeAll(async () => {
  mesh = await BusMesh.of([]);
  const ahead = new LeapingClock(systemClock);
  ahead.leap(hourMs);
  await Promise.all([mesh.add('a', withKeys, ahead), mesh.add('b', withKeys), mesh.add('c', withKeys)]);
  await until(() => ['a', 'b', 'c'].every((name) => mesh.knows(name).length === 2), 'the mesh');
});
afterAll(() => mesh[Symbol.asyncDispose]());

async function join(name: string, roomId: string, peerId: string, moderate = false) {
  const token = await tokenFor(roomId, peerId, { lifetime, grants: { moderate } });
  const { client } = await enter({ server: mesh.server(name), roomId, peerId, token });
  return { client, token };
}

/** The node on which somebody is, as another one knows it. */
const nodeOf = (name: string, roomId: string, peerId: string) =>
  mesh.server(name).sfu.mesh.find(roomId, peerId)?.node?.name;

test('who has a dead socket on a node with a clock an hour ahead takes over from another node, and keeps that', async () => {
  const roomId = 'dead socket';
  const { client: carol } = await join('c', roomId, 'carol');
  const token = await tokenFor(roomId, 'alice', { lifetime });
  const dead = new RawSocket({
    ...{ server: mesh.server('a'), roomId, peerId: 'alice' },
    headers: { 'sec-websocket-protocol': `protoo, bearer.${token}` },
  });
  expect(await dead.status).toBe(101);
  dead.request(1, 'join', { displayName: 'alice', rtpCapabilities: receivesOpusAndVp8 });
  await until(() => nodeOf('c', roomId, 'alice') === 'a', 'alice on a');
  dead.stopReading();
  const { client: alice } = await join('b', roomId, 'alice');
  await until(() => nodeOf('c', roomId, 'alice') === 'b', 'alice on b');
  const here = () => mesh.server('a').sfu.rooms.get(roomId)?.peers.has('alice') ?? false;
  await until(() => !here(), 'the end of the session on a');
  dead.close();
  await dead.closed;
  // To those in the room it is one person, who did not leave.
  await carol.request('getRouterRtpCapabilities', {});
  const told = carol.events.map(({ method, data }) => `${method} ${data.peerId ?? ''}`);
  expect(
    told.filter((line) => line === 'newPeer alice').length -
      told.filter((line) => line === 'peerClosed alice').length,
  ).toBe(1);
  expect(alice.socket.readyState).toBe(WebSocket.OPEN);
  for (const client of [alice, carol]) await client.close();
});

test('a removal on a node with a clock an hour ahead voids the tokens of before, and none of the hour to come', async () => {
  const roomId = 'removed';
  const { client: alice } = await join('a', roomId, 'alice', true);
  const { client: mallory, token } = await join('b', roomId, 'mallory');
  await until(() => nodeOf('a', roomId, 'mallory') === 'b', 'mallory on b');
  await alice.request('removePeer', { peerId: 'mallory' });
  expect((await mallory.closed).reason).toStartWith('removed');
  const tries = (name: string, shown: string) =>
    admittance({ server: mesh.server(name), roomId, peerId: 'mallory', token: shown });
  const later = await tokenFor(roomId, 'mallory', { lifetime, now: Date.now() + 5000 });
  for (const name of ['b', 'c']) {
    await until(
      async () => (await tries(name, token)) === 'removed',
      `a former token that is void on ${name}`,
    );
    expect(await tries(name, later)).toBe('in');
  }
  // Nobody had to refuse what that node stamped.
  for (const name of ['b', 'c']) expect(mesh.server(name).store.state.facts.refused).toBe(0);
  await alice.close();
});
