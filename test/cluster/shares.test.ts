import { expect, test } from 'bun:test';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { TestClock } from '../support/clock.ts';
import { pass, settle, TestNode, type TestNodeOptions } from './test-node.ts';

/** Two nodes that know each other, or more. */
async function meet(...names: string[]) {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const start = (name: string, options?: TestNodeOptions['options']) =>
    ends.use(new TestNode({ hub, clock, name, options }));
  const nodes = names.map((name) => start(name));
  await pass(clock, 4000);
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  return { clock, hub, start, a, b, c, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

const isChange = (subject: string) => subject.endsWith('.change');

test('each change of a peer is in the rosters of all nodes that have the room, and of no other', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, b, c } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  const other = c.domain.open('another room');
  await pass(world.clock, 200);
  const alice = a.domain.put('room', 'alice');
  a.domain.put('room', 'alice', { sessionId: alice, displayName: 'Alice' });
  a.domain.put('room', 'bob');
  await settle();
  expect(roster.names).toEqual(['alice:Alice', 'bob:bob']);
  a.domain.leave('room', alice, 'removed');
  await settle();
  expect(roster.names).toEqual(['bob:bob']);
  expect(roster.written).toEqual(['put alice', 'put alice', 'put bob', 'drop alice removed']);
  expect(other.written).toEqual([]);
});

test('who opens a room learns who is in it, and knows when it has', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, b, c } = world;
  for (const [node, peer] of [
    [a, 'alice'],
    [c, 'carol'],
  ] as const) {
    node.domain.open('room');
    node.domain.put('room', peer);
  }
  await settle();
  const roster = b.domain.open('room');
  let known = false;
  void b.mesh.known('room').then(() => {
    known = true;
  });
  await pass(world.clock, 200);
  expect(known).toBe(true);
  expect(roster.names).toEqual(['alice:alice', 'carol:carol']);
});

test('a room that nobody else has is known at once, and one that is opened while the bus is away too', async () => {
  await using world = await meet('a', 'b');
  world.a.domain.open('room');
  await world.a.mesh.known('room');
  world.hub.kill();
  world.a.domain.open('another');
  await world.a.mesh.known('another');
});

test.each([
  ['lost', () => ({ copies: 0, behind: 0 })],
  ['doubled', () => ({ copies: 2, behind: 0 })],
  ['brought behind the next three', () => ({ copies: 1, behind: 3 })],
])('when the second of several changes is %s, the rosters are right in the end', async (_what, fateOf) => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  await pass(world.clock, 200);
  const alice = a.domain.put('room', 'alice');
  await settle();
  let changes = 0;
  world.hub.fate = (subject) => {
    changes += isChange(subject) ? 1 : 0;
    return isChange(subject) && changes === 2 ? fateOf() : { copies: 1, behind: 0 };
  };
  a.domain.put('room', 'bob');
  const carol = a.domain.put('room', 'carol');
  a.domain.put('room', 'carol', { sessionId: carol, displayName: 'Carol' });
  a.domain.leave('room', alice);
  a.domain.put('room', 'dave');
  await pass(world.clock, 500);
  expect(roster.names).toEqual(['bob:bob', 'carol:Carol', 'dave:dave']);
});

test('when the last change is lost, what is said a second later mends it', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  const alice = a.domain.put('room', 'alice');
  await pass(world.clock, 2000);
  world.hub.fate = (subject) => ({ copies: isChange(subject) ? 0 : 1, behind: 0 });
  a.domain.leave('room', alice);
  await pass(world.clock, 500);
  expect(roster.names).toEqual(['alice:alice']);
  await pass(world.clock, 1000);
  expect(roster.names).toEqual([]);
});

test('a share that differs under the same number is fetched, and told of by its hash', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  await pass(world.clock, 200);
  world.hub.fate = (subject) => ({ copies: isChange(subject) ? 0 : 1, behind: 0 });
  a.domain.put('room', 'alice');
  // Another change under the number of the one that was lost.
  const forger = world.hub.connect('forger');
  const node = Buffer.from('a').toString('base64url');
  const change = { number: 2, change: { op: 'drop', sessionId: 'x', peerId: 'x', reason: 'left' } };
  world.hub.fate = () => ({ copies: 1, behind: 0 });
  forger.publish(
    `t.${node}.${a.life}.room.${Buffer.from('room').toString('base64url')}.change`,
    new TextEncoder().encode(JSON.stringify(change)),
  );
  await pass(world.clock, 1500);
  expect(roster.names).toEqual(['alice:alice']);
});

test('a share of several pages arrives whole, while it goes on to change', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const metadata = { text: 'x'.repeat(10_000) };
  for (let index = 0; index < 120; index += 1) a.domain.put('room', `peer ${index}`, { metadata });
  await settle();
  let asked = 0;
  world.hub.fate = (subject, from) => {
    if (from === 'b' && subject.includes('share.fetch')) {
      asked += 1;
      a.domain.put('room', `late ${asked}`);
    }
    return { copies: 1, behind: 0 };
  };
  const roster = b.domain.open('room');
  await pass(world.clock, 500);
  expect(asked).toBeGreaterThan(3);
  expect(roster.peers.size).toBe(120 + asked);
});

test('what is said while the bus is away is fetched when it is back, in both directions', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  const rosters = [a.domain.open('room'), b.domain.open('room')];
  const alice = a.domain.put('room', 'alice');
  b.domain.put('room', 'bob');
  await pass(world.clock, 2000);
  world.hub.kill();
  await pass(world.clock, 30_000);
  a.domain.leave('room', alice);
  a.domain.put('room', 'anna');
  b.domain.put('room', 'ben');
  expect(rosters.map(({ names }) => names)).toEqual([['bob:bob'], ['alice:alice']]);
  expect(rosters.flatMap(({ written }) => written).filter((line) => line.startsWith('dropNode'))).toEqual([]);
  world.hub.restart();
  await pass(world.clock, 1600);
  expect(rosters.map(({ names }) => names)).toEqual([['ben:ben', 'bob:bob'], ['anna:anna']]);
});

test('the peers of a node that crashed end as node_lost, and are back when it is heard again', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, c } = world;
  const roster = a.domain.open('room');
  c.domain.open('room');
  c.domain.put('room', 'carol');
  await pass(world.clock, 500);
  world.hub.isolate('c');
  await pass(world.clock, 6000);
  expect(roster.written.at(-1)).toBe('dropNode node_lost');
  expect(roster.names).toEqual([]);
  c.domain.put('room', 'cecil');
  // What it says of itself a second after a change is over, and the next time that it does so by itself is far.
  await pass(world.clock, 1500);
  world.hub.isolate();
  await pass(world.clock, 1600);
  expect(roster.names).toEqual(['carol:carol', 'cecil:cecil']);
});

test('a node that stood still takes over what is, and nothing of what has been', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  await pass(world.clock, 1000);
  const gone = a.domain.put('room', 'gone');
  await settle();
  // Its process stands still: what others say waits for it.
  const waiting: (() => void)[] = [];
  const { publish } = a.bus;
  a.bus.publish = (subject, data) => {
    waiting.push(() => publish.call(a.bus, subject, data));
    return true;
  };
  await a.mesh.tell('room', 'speaker', { peerId: 'gone', volume: -20 });
  for (let count = 0; count < 20; count += 1) {
    const visitor = a.domain.put('room', `visitor ${count}`);
    a.domain.leave('room', visitor);
  }
  a.domain.leave('room', gone);
  a.domain.put('room', 'here');
  a.bus.publish = publish;
  b.clock.leap(15_000);
  for (const deliver of waiting) deliver();
  await pass(world.clock, 1500);
  expect(roster.names).toEqual(['here:here']);
  expect(roster.written.filter((line) => line.includes('visitor'))).toEqual([]);
  expect(b.domain.heard).toEqual([]);
  expect(roster.written.filter((line) => line.startsWith('dropNode'))).toEqual([]);
});

test('a room that its node closed is forgotten, also when that was not heard, and counts on when opened again', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  a.domain.put('room', 'alice');
  await pass(world.clock, 500);
  a.domain.close('room');
  await settle();
  expect(roster.names).toEqual([]);
  a.domain.open('room');
  a.domain.put('room', 'again');
  await pass(world.clock, 500);
  expect(roster.names).toEqual(['again:again']);
  world.hub.fate = (subject) => ({ copies: /\.(change|closed|state)$/.test(subject) ? 0 : 1, behind: 0 });
  a.domain.close('room');
  await pass(world.clock, 60_000);
  expect(roster.names).toEqual([]);
  expect(b.others).toEqual(['a']);
});

test('a room that was closed and opened again in silence is taken for another one at its first change', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  a.domain.put('room', 'alice');
  await pass(world.clock, 500);
  world.hub.fate = () => ({ copies: 0, behind: 0 });
  a.domain.rooms.get('room')?.clear();
  a.domain.close('room');
  a.domain.open('room');
  await settle();
  world.hub.fate = () => ({ copies: 1, behind: 0 });
  a.domain.put('room', 'bob');
  await settle();
  expect(roster.names).toEqual(['bob:bob']);
});

test('a node that is stale, or unknown, is not asked', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  const close = (life: string) => a.mesh.ask(life, 'pipe.close', { roomId: 'room', pipeId: 'pipe' });
  await expect(close(b.life)).rejects.toMatchObject({ code: 'not_found' });
  b.domain.answers = () => null;
  expect(await close(b.life)).toBeNull();
  world.hub.kill();
  await pass(world.clock, 5000);
  await expect(close(b.life)).rejects.toThrow('node "b" does not answer now');
  await expect(close('nobody')).rejects.toThrow('node "nobody" does not answer now');
});

test('an answer that does not fit is refused, and a fault of the other node does not tell its text', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  const sent = () => a.mesh.ask(b.life, 'pipe.sent', { roomId: 'room', pipeId: 'pipe' });
  b.domain.answers = () => ({ bytes: 'many' });
  await expect(sent()).rejects.toMatchObject({ code: 'gone' });
  b.domain.answers = () => {
    throw new TypeError('a secret');
  };
  await expect(sent()).rejects.toThrow('the other node failed; its log says why');
});

test.each([
  ['no JSON', 'state', '{'],
  ['a list', 'state', '[]'],
  ['another shape', 'state', '{"number":-1,"hash":"0000000000000000"}'],
  ['a hash that is none', 'state', '{"number":1,"hash":"no"}'],
  ['a peer without a name', 'change', '{"number":2,"change":{"op":"put","peer":{"peerId":"x"}}}'],
  [
    'what is nested too deep',
    'state',
    `{"number":1,"hash":"0000000000000000","x":${'['.repeat(100)}${']'.repeat(100)}}`,
  ],
  ['a message that nobody knows', 'toString', '{}'],
])('%s is dropped, counted and told of, and changes nothing', async (_what, name, text) => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  const roster = b.domain.open('room');
  a.domain.put('room', 'alice');
  await pass(world.clock, 2000);
  const written = [...roster.written];
  const bus = world.hub.connect('stranger');
  const encoded = (part: string) => Buffer.from(part).toString('base64url');
  const subject = `t.${encoded('a')}.${a.life}.room.${encoded('room')}.${name}`;
  bus.publish(subject, new TextEncoder().encode(text));
  bus.publish(subject, new TextEncoder().encode(text));
  await pass(world.clock, 1000);
  expect(roster.written).toEqual(written);
  const said = () => b.logged('messages between nodes were dropped').map(({ messages }) => messages);
  expect(said()).toEqual([1]);
  await pass(world.clock, 60_000);
  expect(said()).toEqual([1, 1]);
});

test('what a node says under the life of another, or before it was ever heard, is dropped', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  const roster = b.domain.open('room');
  const bus = world.hub.connect('stranger');
  const encoded = (part: string) => Buffer.from(part).toString('base64url');
  const state = new TextEncoder().encode('{"number":9,"hash":"0000000000000001","origin":null,"rules":""}');
  bus.publish(`t.${encoded('stranger')}.${a.life}.room.${encoded('room')}.state`, state);
  bus.publish(`t.${encoded('stranger')}.some-life.room.${encoded('room')}.state`, state);
  await pass(world.clock, 3000);
  expect(roster.written).toEqual([]);
  expect(b.logged('messages between nodes were dropped')[0]?.last).toMatchObject({ reason: 'unknown_node' });
});

test('data messages come after the change that announces their producer, whichever way was faster', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  b.domain.open('room');
  await pass(world.clock, 200);
  world.hub.fate = (subject) => ({ copies: 1, behind: isChange(subject) ? 3 : 0 });
  a.domain.put('room', 'alice');
  const data = { dataProducerId: 'channel', ppid: 51 };
  for (const text of ['one', '', 'three'])
    await a.mesh.tell('room', 'data', data, new TextEncoder().encode(text));
  await pass(world.clock, 100);
  expect(b.domain.roster('room')?.names).toEqual(['alice:alice']);
  expect(b.domain.heard).toEqual(
    ['one', '', 'three'].map((payload) => ({ roomId: 'room', message: { name: 'data', data }, payload })),
  );
});

test('what follows a change that never comes is dropped after a while, and what comes later is not held up', async () => {
  await using world = await meet('a', 'b');
  const { a, b } = world;
  a.domain.open('room');
  b.domain.open('room');
  await pass(world.clock, 2000);
  const silent = /\.(change|state)$/;
  world.hub.fate = (subject) => ({ copies: silent.test(subject) ? 0 : 1, behind: 0 });
  a.domain.put('room', 'alice');
  const data = { dataProducerId: 'channel', ppid: 51 };
  await a.mesh.tell('room', 'data', data, new TextEncoder().encode('early'));
  await pass(world.clock, 2500);
  world.hub.fate = () => ({ copies: 1, behind: 0 });
  await pass(world.clock, 10_000);
  await a.mesh.tell('room', 'data', data, new TextEncoder().encode('later'));
  await settle();
  expect(b.domain.heard.map(({ payload }) => payload)).toEqual(['later']);
});

test('tellings reach the nodes with that room', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, b, c } = world;
  for (const node of [a, b]) node.domain.open('room');
  await a.mesh.tell('room', 'speaker', { peerId: 'alice', volume: -20 });
  await settle();
  expect(b.domain.heard).toEqual([
    { roomId: 'room', message: { name: 'speaker', data: { peerId: 'alice', volume: -20 } } },
  ]);
  expect(c.domain.heard).toEqual([]);
});

test('when a mesh is closed nothing of it is left on the bus or among the timers', async () => {
  const world = await meet('a', 'b');
  world.a.domain.open('room');
  world.a.domain.put('room', 'alice');
  world.b.domain.open('room');
  await settle();
  await world[Symbol.asyncDispose]();
  await settle();
  expect(world.hub.subscriptions).toBe(0);
  expect(world.clock.waiting).toBe(0);
});
