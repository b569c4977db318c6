import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { hashPassword } from '../../src/store/users.ts';
import { select, Visitor } from '../admin/support.ts';
import { Caller } from '../rest/support.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

interface Line {
  readonly node: string;
  readonly text: string;
  readonly time: number;
}

let mesh: BusMesh;
let key: string;

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b', 'c'], withKeys);
  key = await apiKey();
});
afterAll(() => mesh[Symbol.asyncDispose]());

const api = (node: string) => new Caller(mesh.server(node), key);

async function join(node: string, roomId: string, peerId: string) {
  const token = await tokenFor(roomId, peerId);
  return await enter({ server: mesh.server(node), roomId, peerId, token });
}

/** A stay that is over. */
async function stay(node: string, roomId: string, peerId: string): Promise<void> {
  const { client } = await join(node, roomId, peerId);
  await client.close();
  await until(() => !mesh.server(node).sfu.read.hasPeer(roomId, peerId), `the end of ${peerId}`);
}

const linesOf = (json: Record<string, unknown> | undefined) => (json?.items ?? []) as Line[];

test('what happened on any node is found on every one, page by page, once, the newest first', async () => {
  await join('a', 'room', 'alice');
  await join('b', 'room', 'bob');
  await until(() => mesh.server('a').sfu.mesh.find('room', 'bob') !== undefined, 'bob on node a');
  await stay('b', 'elsewhere', 'carol');
  const seen: Line[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 50; pages += 1) {
    const { json } = await api('c').get(`/timeline?limit=3${cursor && `&cursor=${cursor}`}`);
    const lines = linesOf(json);
    expect(lines.length).toBeLessThanOrEqual(3);
    seen.push(...lines);
    cursor = (json?.nextCursor ?? null) as string | null;
  }
  const times = seen.map(({ time }) => time);
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  const joins = seen.filter(({ text }) => text.includes('joined')).map(({ node, text }) => [node, text]);
  // Node a has heard that bob joined, too; it is told once, by the node where it happened.
  expect(joins.toSorted()).toEqual([
    ['a', 'alice joined'],
    ['b', 'bob joined'],
    ['b', 'carol joined'],
  ]);
  const { json } = await api('a').get('/timeline?peer=carol');
  expect(linesOf(json).every(({ node }) => node === 'b')).toBe(true);
  expect(linesOf(json)[0]?.text).toContain('carol left');
});

test('how a stay goes or went is told on any node: the one that is there now, else the latest', async () => {
  await stay('a', 'course', 'dave');
  await stay('b', 'course', 'dave');
  const path = '/rooms/course/peers/dave/course';
  const past = await api('c').get(path);
  expect(past.json).toMatchObject({ address: '127.0.0.1', end: { reason: 'disconnected' } });
  const latest = mesh.server('b').store.timelines.courseOf('course', 'dave')?.course;
  expect(past.json?.duration).toBe(latest?.duration);
  await join('a', 'course', 'dave');
  for (const node of ['a', 'b', 'c']) expect((await api(node).get(path)).json).toMatchObject({ end: null });
  const nobody = await api('c').get('/rooms/course/peers/nobody/course');
  expect([nobody.status, nobody.json?.code]).toEqual([404, 'not_found']);
});

test('the page History shows every node, opens a stay of another one, and says which did not answer', async () => {
  await stay('a', 'history', 'erin');
  const server = mesh.server('c');
  const passwordHash = await hashPassword('a password of tests');
  server.store.users.put({ name: 'viewer', passwordHash, role: 'viewer', origin: 'page' });
  const viewer = Visitor.as(server, 'viewer');
  const page = await viewer.text('/history?room=history');
  expect(await select(page, '#history th')).toContain('Node');
  expect((await select(page, '#history tbody td')).includes('a')).toBe(true);
  expect(await select(page, '#history .note')).toEqual([
    expect.stringMatching(
      /^What each node kept \(UTC\): a since .*; b since .*; c (since .*|has nothing yet)\.$/,
    ),
  ]);
  const session = /history\?session=([^"]+)"/.exec(page)?.[1];
  const stayed = await viewer.text(`/history?session=${session}`);
  expect(await select(stayed, '.page-head .note')).toEqual(['erin, on a']);
  expect((await select(stayed, '.timeline li')).join()).toContain('erin left');

  mesh.hub.isolate('a');
  const alone = await viewer.text('/history?room=history');
  expect(await select(alone, '#history [role=alert]')).toEqual([
    'a did not answer: what happened there is missing.',
  ]);
  const unknown = await viewer.text(`/history?session=${session}`);
  expect(await select(unknown, '.empty p')).toContain('It may be known to a, which did not answer.');
  const { status, json } = await api('c').get('/rooms/history/peers/erin/course');
  expect([status, json?.code]).toEqual([504, 'unconfirmed']);
  mesh.hub.isolate();
  await until(() => mesh.knows('c').length === 2, 'the mesh');
});

test('what was heard of a node that is lost is kept by those that heard it', async () => {
  await using of = await BusMesh.of(['a', 'b', 'c'], withKeys);
  const token = (peerId: string) => tokenFor('lost', peerId);
  await enter({ server: of.server('a'), roomId: 'lost', peerId: 'alice', token: await token('alice') });
  await enter({ server: of.server('b'), roomId: 'lost', peerId: 'bob', token: await token('bob') });
  await until(() => of.server('a').sfu.mesh.find('lost', 'bob') !== undefined, 'bob on node a');
  const lines = async () => {
    const { json } = await new Caller(of.server('c'), key).get('/timeline?peer=bob');
    return linesOf(json).map(({ node, text }) => `${node}: ${text}`);
  };
  expect((await lines()).filter((line) => line.startsWith('a: '))).toEqual([]);
  await of.server('b').stop();
  await until(async () => (await lines()).some((line) => line.startsWith('a: bob left node b')), 'the loss');
  expect(await lines()).toContain('a: bob joined on node b');
});
