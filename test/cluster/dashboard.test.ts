import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { hashPassword } from '../../src/store/users.ts';
import { select, startWithUsers, Visitor } from '../admin/support.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

let mesh: BusMesh;
let admin: Visitor;

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b'], withKeys);
  const server = mesh.server('b');
  const passwordHash = await hashPassword('a password of tests');
  server.store.users.put({ name: 'admin', passwordHash, role: 'admin', origin: 'page' });
  admin = Visitor.as(server, 'admin');
  const token = await tokenFor('meeting', 'alice');
  await enter({ server: mesh.server('a'), roomId: 'meeting', peerId: 'alice', token });
});
afterAll(() => mesh[Symbol.asyncDispose]());

test('the pages of a node show rooms and peers of every node, and where they are', async () => {
  const rooms = await select(await admin.text('/rooms'), '#rooms tbody a.row-link');
  expect(rooms).toEqual(['meeting']);
  const room = await admin.text('/room?room=meeting');
  expect(await select(room, '#peers h3')).toEqual(['alice']);
  expect(await select(room, '#peers .badge')).toContain('on a');
  expect(await select(await admin.text('/peer?room=meeting&peer=alice'), '#peer-head .badge')).toContain(
    'on a',
  );
});

test('the page Nodes lists the nodes and drains another one', async () => {
  const page = await admin.text('/nodes');
  expect(await select(page, '#nodes tbody tr b')).toEqual(['b', 'a']);
  const drained = await admin.post('/do/nodes/drain', { node: 'a', seconds: '60' });
  expect(drained.status).toBeLessThan(400);
  expect(mesh.server('a').sfu.drainDeadline).not.toBeNull();
  expect(mesh.server('b').sfu.drainDeadline).toBeNull();
  await until(async () => (await select(await admin.text('/nodes'), '#nodes .badge')).includes('draining'));
  await admin.post('/do/nodes/cancel-drain', { node: 'a' });
  expect(mesh.server('a').sfu.drainDeadline).toBeNull();
});

test('a peer of another node is removed from the page of its room', async () => {
  const removed = await admin.post('/do/room/remove', { room: 'meeting', peer: 'alice', reason: 'spam' });
  expect(removed.status).toBeLessThan(400);
  expect(mesh.server('a').sfu.read.peerIds('meeting')).toEqual([]);
  const [entry] = mesh.server('a').store.audit.search({ roomId: 'meeting', limit: 1 });
  expect(entry).toMatchObject({ action: 'peer.remove', by: { kind: 'admin', id: 'admin' }, reason: 'spam' });
});

test('the audit log shows the entries of every node, and whose they are', async () => {
  const page = await admin.text('/audit?q=peer.remove');
  expect((await select(page, '#entries tbody .under'))[0]).toContain('on a');
});

test('a server that is alone has no page Nodes', async () => {
  await using server = await startWithUsers();
  const alone = Visitor.as(server, 'admin');
  expect((await alone.get('/nodes')).status).toBe(404);
  expect(await alone.text('/rooms')).not.toContain('/nodes');
});
