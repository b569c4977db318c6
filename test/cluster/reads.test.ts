import { afterAll, beforeAll, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { BusMesh } from '../support/bus-mesh.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

let mesh: BusMesh;
let key: string;
let rooms = 0;

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b', 'c'], withKeys);
  key = await apiKey();
});
afterAll(() => mesh[Symbol.asyncDispose]());

function newRoom(): string {
  rooms += 1;
  return `room-${rooms}`;
}

async function join(node: string, roomId: string, peerId: string) {
  const token = await tokenFor(roomId, peerId);
  return await enter({ server: mesh.server(node), roomId, peerId, token });
}

async function rest(node: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${mesh.server(node).port}/api/v1${path}`, {
    headers,
    ...init,
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function together(): Promise<void> {
  mesh.hub.isolate();
  await until(() => ['a', 'b', 'c'].every((name) => mesh.knows(name).length === 2), 'the mesh');
}

test('rooms of every node are listed at any, with the nodes that their peers are on', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  await join('b', roomId, 'bob');
  const elsewhere = newRoom();
  await join('a', elsewhere, 'alice');
  const { body } = await rest('c', '/rooms');
  const found = body.items.find(({ id }: { id: string }) => id === roomId);
  expect(found.state).toMatchObject({ peers: 2, producers: 0 });
  expect(
    found.state.nodes.map(({ node, peers }: { node: string; peers: number }) => [node, peers]).sort(),
  ).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  expect(found.state.nodes[0].age).toBeNumber();
  expect(body.items.some(({ id }: { id: string }) => id === elsewhere)).toBe(true);
  const state = await rest('b', `/rooms/${roomId}/state`);
  expect(state.body).toMatchObject({
    peers: 2,
    nodes: [
      { node: 'b', peers: 1, age: 0 },
      { node: 'a', peers: 1 },
    ],
  });
});

test('peers and producers of a room on other nodes are read, changed and muted by REST of any', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const { id: producerId } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1000));
  await join('b', roomId, 'bob');
  const peers = await rest('c', `/rooms/${roomId}/peers`);
  expect(peers.body.items.map(({ id, node }: { id: string; node: string }) => [id, node])).toEqual([
    ['alice', 'a'],
    ['bob', 'b'],
  ]);
  const said = { metadata: { seat: 7 }, attributes: { mood: 'calm' } };
  const body = JSON.stringify(said);
  const changed = await rest('c', `/rooms/${roomId}/peers/alice`, { method: 'PATCH', body });
  expect(changed).toMatchObject({ status: 200, body: { node: 'a', ...said } });
  const muted = await rest('c', `/rooms/${roomId}/producers/${producerId}/pause`, { method: 'PUT' });
  expect(muted).toMatchObject({ status: 200, body: { id: producerId, node: 'a', paused: true } });
  const producers = await rest('b', `/rooms/${roomId}/producers`);
  expect(producers.body.items).toMatchObject([{ id: producerId, peerId: 'alice', node: 'a' }]);
  expect((await rest('c', `/rooms/${roomId}/peers/nobody`)).status).toBe(404);
  expect((await rest('c', '/rooms/nowhere/peers')).status).toBe(404);
  expect((await rest('c', `/rooms/${roomId}/peers/bob`, { method: 'DELETE' })).status).toBe(204);
});

test('a request from far searches once and reads once, whatever it does', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  const { wire } = mesh.server('c').mesh ?? {};
  if (!wire) throw new Error('there is no mesh');
  using asking = spyOn(wire, 'ask');
  const asked = async (path: string, init: RequestInit) => {
    asking.mockClear();
    const { status } = await rest('c', `/rooms/${roomId}${path}`, init);
    const names = asking.mock.calls.map(([, name]) => name);
    return [
      status,
      Object.fromEntries(
        Map.groupBy(names, (name) => name)
          .entries()
          .map(([name, all]) => [name, all.length]),
      ),
    ];
  };
  const patch = (body: object) => ({ method: 'PATCH', body: JSON.stringify(body) });
  const both = patch({ metadata: { seat: 1 }, publish: ['audio'] });
  expect(await asked('/peers/alice', both)).toEqual([200, { 'peer.find': 2, command: 2, read: 2 }]);
  const room = patch({ locked: true, maxPeers: 5, bitrateCap: 1_000_000 });
  expect(await asked('', room)).toEqual([200, { 'peer.find': 2, command: 3, read: 2 }]);
  expect(await asked('/peers/alice', {})).toEqual([200, { read: 2 }]);
  expect(await asked('/peers/alice', patch({ publish: null }))).toEqual([
    200,
    { 'peer.find': 2, command: 1, read: 2 },
  ]);
  expect(mesh.server('a').sfu.read.peer(roomId, 'alice').publish).toBe(true);
  expect(await asked('/peers/alice', { method: 'DELETE' })).toEqual([204, { 'peer.find': 2, command: 1 }]);
});

test('a change with If-Match is compared with what another node has', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  const path = `/rooms/${roomId}/peers/alice`;
  const change = (match: string) =>
    rest('c', path, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'if-match': match },
      body: JSON.stringify({ metadata: { seat: 1 } }),
    });
  const read = await fetch(`http://127.0.0.1:${mesh.server('c').port}/api/v1${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const etag = read.headers.get('etag') ?? '';
  expect((await change(etag)).status).toBe(200);
  expect((await change(etag)).status).toBe(412);
});

test('an ETag of a room is the same on every node, and stale on all after a change on any', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  await join('b', roomId, 'bob');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const address = (node: string) => `http://127.0.0.1:${mesh.server(node).port}/api/v1/rooms/${roomId}`;
  const tagOn = async (node: string) => (await fetch(address(node), { headers })).headers.get('etag') ?? '';
  const change = async (node: string, match: string, maxPeers: number) => {
    const init = {
      method: 'PATCH',
      headers: { ...headers, 'if-match': match },
      body: JSON.stringify({ maxPeers }),
    };
    const { status, headers: answered } = await fetch(address(node), init);
    return { status, etag: answered.get('etag') ?? '' };
  };
  const tags = async () => new Set(await Promise.all(['a', 'b', 'c'].map(tagOn)));
  const [first = '', ...others] = await tags();
  expect(others).toEqual([]);
  const changed = await change('a', first, 10);
  expect(changed.status).toBe(200);
  for (const node of ['b', 'c', 'a']) expect((await change(node, first, 11)).status).toBe(412);
  expect(await tags()).toEqual(new Set([changed.etag]));
  // Node c does not have the room.
  const again = await change('c', changed.etag, 12);
  expect(again.status).toBe(200);
  expect((await change('a', changed.etag, 13)).status).toBe(412);
  expect((await change('b', again.etag, 14)).status).toBe(200);
  expect(mesh.server('a').sfu.read.room(roomId).options.maxPeers).toBe(14);
  const locked = await fetch(address('c'), {
    ...{ method: 'DELETE', headers: { ...headers, 'if-match': changed.etag } },
  });
  expect(locked.status).toBe(412);
});

test('a room of more than a page of peers is read whole', async () => {
  const roomId = newRoom();
  const { sfu } = mesh.server('a');
  const text = 'x'.repeat(1000);
  for (let index = 0; index < 300; index += 1) {
    const peerId = `peer ${index}`;
    const identity = {
      ...{ roomId, peerId, subject: peerId, address: '192.0.2.1', metadata: { text } },
      grants: { publish: true, subscribe: true, moderate: false, hidden: false },
    };
    await sfu.enter(identity, { reconnects: false, close: () => {}, gone: Promise.resolve() } as never);
  }
  const gathered = await mesh.server('c').reads?.gather({ roomId, peers: true });
  expect(gathered?.rooms).toHaveLength(1);
  expect(new Set(gathered?.rooms[0]?.room.peers.map(({ id }) => id)).size).toBe(300);
  sfu.closeRoom({ roomId, by: { kind: 'server', id: '' } });
});

test('the nodes are listed, and one that is not heard is stale, with the age of what is known of it', async () => {
  const roomId = newRoom();
  await join('b', roomId, 'bob');
  const { body } = await rest('a', '/nodes');
  expect(body.items.map(({ name, self, stale }: Record<string, unknown>) => [name, self, stale])).toEqual([
    ['a', true, false],
    ['b', false, false],
    ['c', false, false],
  ]);
  const query = { roomId, peers: true };
  await mesh.server('a').reads?.gather(query);
  mesh.hub.isolate('b');
  const gathered = await mesh.server('a').reads?.gather(query);
  expect(gathered?.rooms.map(({ node, counts }) => [node, counts.peers])).toEqual([['b', 1]]);
  const age = async () =>
    (await mesh.server('a').reads?.gather(query))?.nodes.find(({ node }) => node === 'b')?.age;
  const before = (await age()) ?? 0;
  await until(async () => ((await age()) ?? 0) > before, 'an age that grows');
  expect(
    (await mesh.server('a').reads?.gather({ peers: false }))?.nodes.map((each) => [
      each.node,
      each.age === null,
    ]),
  ).toContainEqual(['b', true]);
  await together();
});

test('a drain of another node by REST, and of one that is not there', async () => {
  const body = JSON.stringify({ node: 'c', seconds: 60 });
  expect((await rest('a', '/node/drain', { method: 'POST', body })).status).toBe(202);
  expect(mesh.server('c').sfu.drainDeadline).not.toBeNull();
  expect((await rest('a', '/node/drain?node=c', { method: 'DELETE' })).status).toBe(200);
  expect(mesh.server('c').sfu.drainDeadline).toBeNull();
  expect((await rest('a', '/node/drain?node=x', { method: 'DELETE' })).status).toBe(404);
});

test('the audit log is gathered from every node, page by page, the newest first', async () => {
  const by = { kind: 'admin', id: 'root' } as const;
  const roomId = newRoom();
  for (const node of ['a', 'b', 'c']) await join(node, roomId, `peer on ${node}`);
  for (const message of ['1', '2']) await mesh.server('a').commands.notice({ roomId, message, by });
  const seen: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
    const { body } = await rest('b', `/audit?roomId=${roomId}&limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(
      ...body.items.map(
        ({ details, node }: { details: { message: string }; node: string }) => `${details.message} ${node}`,
      ),
    );
    cursor = body.nextCursor;
  }
  expect(seen.map((line) => line[0])).toEqual(['2', '2', '2', '1', '1', '1']);
  expect(seen.toSorted()).toEqual(['1 a', '1 b', '1 c', '2 a', '2 b', '2 c']);
  expect((await rest('b', `/audit?cursor=${btoa('{"a":"x"}')}`)).status).toBe(400);
});
