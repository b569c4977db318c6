import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { systemClock } from '../../src/core/clock.ts';
import type { SfuError } from '../../src/core/errors.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { type Refused, SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { LeapingClock } from './test-node.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
const clockOfA = new LeapingClock(systemClock);
let mesh: BusMesh;
let rooms = 0;

beforeAll(async () => {
  mesh = await BusMesh.of([]);
  await Promise.all([mesh.add('a', withKeys, clockOfA), mesh.add('b', withKeys), mesh.add('c', withKeys)]);
  await together();
});
afterAll(() => mesh[Symbol.asyncDispose]());

function newRoom(): string {
  rooms += 1;
  return `room ${rooms}`;
}

async function together(): Promise<void> {
  mesh.hub.isolate();
  await until(() => ['a', 'b', 'c'].every((name) => mesh.knows(name).length === 2), 'the mesh');
}

async function join(node: string, roomId: string, peerId: string, moderate = false) {
  const token = await tokenFor(roomId, peerId, { grants: { moderate } });
  return { token, ...(await enter({ server: mesh.server(node), roomId, peerId, token })) };
}

const sees = (node: string, roomId: string, peerId: string) =>
  until(() => mesh.server(node).sfu.mesh.find(roomId, peerId)?.node !== undefined, `${peerId} on ${node}`);

async function failureOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'done',
    (error: SfuError | Refused) => ('errorReason' in error ? error.errorReason : error.reason),
  );
}

const auditOf = (node: string, roomId: string) => mesh.server(node).store.audit.search({ roomId, limit: 10 });

function lifeOf(name: string): string {
  const node = [...(mesh.server('c').mesh?.presence.nodes.values() ?? [])].find((each) => each.name === name);
  return node?.life ?? '';
}

/** Sends a command from node c to node a, as it goes over the bus. */
async function send(id: string, more: object) {
  const life = lifeOf('a');
  const command = { id, life, sessionId: null, name: 'notifyRoom' as const, params: {}, ...more };
  return await mesh.server('c').mesh?.wire.ask(life, 'command', command, 5000);
}

test('a removal on a node that does not answer is unconfirmed, and keeps the peer out all the same', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const carol = await join('c', roomId, 'carol', true);
  await sees('c', roomId, 'alice');
  mesh.hub.isolate('a');
  const failure = await failureOf(carol.client.request('removePeer', { peerId: 'alice' }));
  expect(failure).toContain('unconfirmed: node "a" did not answer');
  const again = await SignalingClient.connect({
    ...{ server: mesh.server('c'), roomId, peerId: 'alice', token: alice.token },
  });
  expect((await again.closed).reason).toStartWith('removed');
  expect(auditOf('c', roomId)[0]?.result).toStartWith('unconfirmed: ');
  expect(mesh.server('c').mesh?.commands.unconfirmed).toBe(1);
  await together();
});

test('a removal by a node that does not have the room keeps out a peer whose node does not answer', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  await join('b', roomId, 'bob');
  await sees('b', roomId, 'alice');
  mesh.hub.isolate('a');
  const failure = await failureOf(mesh.server('c').commands.removePeer({ roomId, peerId: 'alice', by }));
  expect(failure).toStartWith('unconfirmed: node "a" did not answer');
  expect(failure).toEndWith('The tokens of that peer are void');
  const again = await SignalingClient.connect({
    ...{ server: mesh.server('b'), roomId, peerId: 'alice', token: alice.token },
  });
  expect((await again.closed).reason).toStartWith('removed');
  await together();
});

test('a ban on a node that does not answer ends what the person has here, and says what is not banned yet', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'mallory');
  await join('c', roomId, 'carol');
  await sees('c', roomId, 'mallory');
  const { sfu, commands } = mesh.server('c');
  const closed = Promise.withResolvers<string>();
  const link = { reconnects: false, close: closed.resolve, gone: closed.promise } as never;
  const identity = { ...mesh.server('a').sfu.peer(roomId, 'mallory').identity, peerId: 'player' };
  await sfu.enter(identity, link);
  mesh.hub.isolate('a');
  const order = { scope: 'room', kinds: ['identity', 'address'], milliseconds: null } as const;
  const failure = await failureOf(commands.removePeer({ roomId, peerId: 'mallory', by }, order));
  expect(failure).toEndWith(
    'The tokens of that peer are void, and its identity is banned; not banned yet: its address',
  );
  expect(await closed.promise).toBe('removed');
  expect(sfu.read.peerIds(roomId)).toEqual(['carol']);
  await together();
  // The ban is a fact, which the node that did not answer learns when it is heard again.
  await until(() => !mesh.server('a').sfu.rooms.get(roomId)?.peers.has('mallory'), 'the sweep on a');
});

test('a removal names a node that is slow to close its copies, and counts it', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  await join('c', roomId, 'carol');
  await sees('c', roomId, 'alice');
  const counts = mesh.server('a').mesh?.commands;
  const before = { ...counts };
  const { fate } = mesh.hub;
  // Node c answers, and does not learn yet that the peer has left.
  mesh.hub.fate = (subject, from, to) =>
    to === 'c' && subject.includes('.room.') ? { copies: 0, behind: 0 } : fate(subject, from, to);
  const warnings: string[] = [];
  const target = { roomId, peerId: 'alice', by, warn: (sentence: string) => void warnings.push(sentence) };
  const removal = await mesh.server('a').commands.removePeer(target);
  expect(removal).toMatchObject({ remains: [], pending: ['c'] });
  expect(warnings).toEqual([
    'pending: c did not say yet that the copies there are gone; nothing flows to them any more',
  ]);
  expect((await alice.client.closed).reason).toStartWith('removed:');
  expect(counts).toEqual({ ...before, pending: (before.pending ?? 0) + 1 } as never);
  mesh.hub.fate = fate;
  await until(() => mesh.server('c').sfu.mesh.find(roomId, 'alice') === undefined, 'no copy on c', 30_000);
});

test('REST answers 504 with the name of the node, and warns of a node that does not know of a lock yet', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  await join('b', roomId, 'bob');
  await join('c', roomId, 'carol');
  await sees('c', roomId, 'bob');
  const headers = { authorization: `Bearer ${await apiKey()}`, 'content-type': 'application/json' };
  const rest = (method: string, path: string, body?: object) =>
    fetch(`http://127.0.0.1:${mesh.server('c').port}/api/v1/rooms/${encodeURIComponent(roomId)}${path}`, {
      ...{ method, headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  mesh.hub.isolate('b');
  const locked = await rest('PATCH', '', { locked: true });
  expect(locked.status).toBe(200);
  expect(locked.headers.get('tureen-warning')).toContain('unconfirmed: node "b" did not answer');
  await until(() => mesh.server('a').sfu.read.room(roomId).locked, 'the lock on a');
  expect(mesh.server('b').sfu.read.room(roomId).locked).toBe(false);
  const removed = await rest('DELETE', '/peers/bob');
  expect(removed.status).toBe(504);
  expect(await removed.json()).toMatchObject({ code: 'unconfirmed' });
  await together();
  await until(() => mesh.server('b').sfu.read.room(roomId).locked, 'the lock on b');
});

test('of two nodes that decide while they are apart one wins on both', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  await join('b', roomId, 'bob');
  await sees('b', roomId, 'alice');
  mesh.hub.isolate('b');
  await mesh.server('a').commands.capBitrate({ roomId, bitrate: 100_000, by });
  await mesh.server('b').commands.capBitrate({ roomId, bitrate: 200_000, by });
  await mesh.server('b').commands.setRoomLocked({ roomId, locked: true, by });
  await together();
  const states = () =>
    ['a', 'b'].map((name) => {
      const { locked, bitrateCap } = mesh.server(name).sfu.read.room(roomId);
      return JSON.stringify({ locked, bitrateCap });
    });
  await until(
    () => mesh.server('a').sfu.read.room(roomId).locked && new Set(states()).size === 1,
    'one state',
  );
  const rules = ['a', 'b'].map((name) => mesh.server(name).sfu.mesh.rules(roomId)?.hash);
  expect(rules[0]).toBe(rules[1] ?? '');
});

test('a command that comes again by its id is done once and gets the same answer', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const params = { roomId, by, message: 'once' };
  const [first, second] = await Promise.all([send('again', { params }), send('again', { params })]);
  expect(first).toEqual({ ok: true, value: null, warnings: [] });
  expect([second, await send('again', { params })]).toEqual([first, first]);
  expect(auditOf('a', roomId)).toHaveLength(1);
  await send('other', { params: { ...params, message: 'the last' } });
  await alice.client.waitFor('notice', ({ message }) => message === 'the last');
  expect(alice.client.frames.all.filter(({ method }) => method === 'notice')).toHaveLength(2);
});

test('a command for another session, another life or with other params is refused', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  const params = { roomId, peerId: 'alice', by, message: 'hello' };
  const peer = { name: 'notifyPeer', params };
  const session = mesh.server('a').sfu.read.peer(roomId, 'alice').sessionId;
  expect(await send('1', { ...peer, sessionId: 'former' })).toMatchObject({ ok: false, code: 'not_found' });
  expect(await send('2', { ...peer, life: 'former' })).toMatchObject({ ok: false, code: 'not_found' });
  expect(await send('3', { ...peer, params: { ...params, message: 7 } })).toMatchObject({
    ...{ ok: false, code: 'invalid_params' },
  });
  expect(auditOf('a', roomId)).toEqual([]);
  expect(await send('4', { ...peer, sessionId: session })).toMatchObject({ ok: true });
});

test('what waited while a node stood still is not carried out', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  mesh.hub.freeze();
  const stuck = mesh.server('c').commands.notice({ roomId, message: 'too late', by });
  expect(await failureOf(stuck)).toStartWith('unconfirmed: ');
  clockOfA.leap(10_000);
  mesh.hub.thaw();
  await together();
  await mesh.server('c').commands.notice({ roomId, message: 'in time', by });
  expect(auditOf('a', roomId).map(({ details }) => details.message)).toEqual(['in time']);
});
