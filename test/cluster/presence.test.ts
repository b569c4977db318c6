import { expect, test } from 'bun:test';
import type { BusMessage } from '../../src/cluster/bus.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { listenMs } from '../../src/cluster/presence.ts';
import { TestClock } from '../support/clock.ts';
import { pass, TestNode, type TestNodeOptions } from './test-node.ts';

function setUp() {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const start = (name: string, options?: TestNodeOptions['options']) =>
    ends.use(new TestNode({ hub, clock, name, options }));
  /** Ends a node as a crash does. */
  const crash = (node: TestNode) => {
    node.bus.publish = () => false;
  };
  return { clock, hub, start, crash, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

test('nodes know each other once they have listened, and are unready until then', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await pass(world.clock, 1000);
  expect(a.mesh.unreadyReasons()).toEqual(['the node is about to enter the mesh']);
  expect(a.others).toEqual([]);
  await pass(world.clock, listenMs);
  expect([a.others, b.others]).toEqual([['b'], ['a']]);
  expect(a.mesh.unreadyReasons()).toEqual([]);
});

test('a node that says goodbye is gone at once, and a heartbeat that comes late does not bring it back', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  const beats: BusMessage[] = [];
  const listener = world.hub.connect('listener');
  listener.subscribe('t.*.*.node.beat', (message) => beats.push(message));
  await pass(world.clock, 4000);
  const late = beats.find(({ subject }) => subject.includes(b.life));
  if (!late) throw new Error('no heartbeat');
  await b.mesh.close();
  await pass(world.clock, 100);
  expect(a.others).toEqual([]);
  listener.publish(late.subject, late.data);
  await pass(world.clock, 100);
  expect(a.others).toEqual([]);
});

test('a node that crashed is gone after its silence is proven by the heartbeats of another', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  const gone: string[] = [];
  a.mesh.presence.events.on('gone', ({ node, why }) => gone.push(`${node.name} ${why}`));
  world.crash(b);
  await pass(world.clock, 3000);
  expect(a.others).toEqual(['b', 'c']);
  await pass(world.clock, 2500);
  expect(gone).toEqual(['b lost']);
  expect(a.others).toEqual(['c']);
});

test('of two nodes one crashed: the echo beside the bus proves it', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await pass(world.clock, 4000);
  world.crash(b);
  await pass(world.clock, 6000);
  expect(a.others).toEqual([]);
});

test('without an echo and without other nodes silence proves nothing until the time for stale nodes is over', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a', { staleSeconds: 20 }), world.start('b')];
  a.bus.echo = () => Promise.resolve(false);
  await pass(world.clock, 4000);
  world.crash(b);
  await pass(world.clock, 19_000);
  expect(a.others).toEqual(['b (stale)']);
  await pass(world.clock, 2000);
  expect(a.others).toEqual([]);
});

test('a node from whose pipes media comes is stale and not gone, for as long as it comes', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  world.crash(b);
  for (let bytes = 1; bytes <= 70; bytes += 1) {
    a.received.set(b.life, { bytes: bytes * 1000, expectedWithin: 1000 });
    await pass(world.clock, 1000);
  }
  expect(a.others).toEqual(['b (stale)', 'c']);
  await pass(world.clock, 6000);
  expect(a.others).toEqual(['c']);
});

test('a node that only listens to sound is stale and not gone while it reports on it, which it does seldom', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  a.received.set(b.life, { bytes: 1, expectedWithin: 6000 });
  world.crash(b);
  for (let bytes = 2; bytes <= 12; bytes += 1) {
    await pass(world.clock, 5900);
    a.received.set(b.life, { bytes, expectedWithin: 6000 });
  }
  expect(a.others).toEqual(['b (stale)', 'c']);
  await pass(world.clock, 9000);
  expect(a.others).toEqual(['c']);
});

test('when the bus dies every node is stale and none is gone, and all are back with it', async () => {
  await using world = setUp();
  const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  world.hub.kill();
  await pass(world.clock, 30_000);
  expect(a.others).toEqual(['b (stale)', 'c (stale)']);
  expect(a.mesh.unreadyReasons()).toEqual([]);
  world.hub.restart();
  await pass(world.clock, 1600);
  expect([a.others, b.others, c.others]).toEqual([
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ]);
});

test('a bus that stands still for a while makes nobody gone, however what it held arrives', async () => {
  await using world = setUp();
  const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  const gone: string[] = [];
  for (const node of [a, b, c]) node.mesh.presence.events.on('gone', ({ node: { name } }) => gone.push(name));
  world.hub.freeze();
  await pass(world.clock, 20_000);
  expect(a.others).toEqual(['b (stale)', 'c (stale)']);
  world.hub.thaw();
  await pass(world.clock, 8000);
  expect(gone).toEqual([]);
  expect(a.others).toEqual(['b', 'c']);
});

test('a node that stood still gives up nobody, and is itself back under the same life', async () => {
  await using world = setUp();
  const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  const gone: string[] = [];
  a.mesh.presence.events.on('gone', ({ node: { name } }) => gone.push(name));
  a.clock.leap(15_000);
  await pass(world.clock, 3000);
  expect(gone).toEqual([]);
  expect(a.others).toEqual(['b', 'c']);
  expect([b.others, c.others]).toEqual([
    ['a', 'c'],
    ['a', 'b'],
  ]);
  expect(a.logged('this process stood still; it meets the other nodes again')).toHaveLength(1);
});

test('a node that stood still while the bus was away gives up nobody either', async () => {
  await using world = setUp();
  const [a] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  const gone: string[] = [];
  a.mesh.presence.events.on('gone', ({ node: { name } }) => gone.push(name));
  world.hub.kill();
  a.clock.leap(120_000);
  await pass(world.clock, 5000);
  world.hub.restart();
  await pass(world.clock, 2000);
  expect(gone).toEqual([]);
  expect(a.others).toEqual(['b', 'c']);
});

test('a node that was parted from the others is given up by them, and back when it is heard again', async () => {
  await using world = setUp();
  const [a, b, c] = [world.start('a'), world.start('b'), world.start('c')];
  await pass(world.clock, 4000);
  world.hub.isolate('c');
  await pass(world.clock, 6000);
  expect([a.others, b.others]).toEqual([['b'], ['a']]);
  world.hub.isolate();
  await pass(world.clock, 2000);
  expect([a.others, b.others, c.others]).toEqual([
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ]);
});

test('a life that succeeds another one of its installation ends it at once', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await pass(world.clock, 4000);
  world.crash(b);
  const next = world.start('b', { formerLife: b.life });
  await pass(world.clock, listenMs + 200);
  expect([...a.mesh.presence.nodes.keys()]).toEqual([next.life]);
});

test('a life cannot end one of another name or installation by naming it', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await pass(world.clock, 4000);
  world.start('c', { formerLife: b.life });
  world.start('b', { formerLife: b.life, installation: 'another' });
  await pass(world.clock, listenMs + 500);
  expect(a.others).toEqual(['b', 'c']);
  expect([...a.mesh.presence.nodes.keys()]).toContain(b.life);
});

test('a process that was succeeded by another with its data is unready and says so', async () => {
  await using world = setUp();
  const first = world.start('b');
  await pass(world.clock, 4000);
  world.start('b', { formerLife: first.life });
  await pass(world.clock, 4000);
  expect(first.mesh.unreadyReasons()[0]).toContain('another process runs as node "b" with this node\'s data');
});

test('a second installation of a name stays out and unready while the first lives, and enters after it', async () => {
  await using world = setUp();
  const [a, first] = [world.start('a'), world.start('b')];
  await pass(world.clock, 4000);
  const second = world.start('b', { installation: 'another' });
  await pass(world.clock, 6000);
  expect(second.mesh.unreadyReasons()).toEqual([
    'another installation is named "b" too; give each node a name of its own with TUREEN_NODE',
  ]);
  expect(first.mesh.unreadyReasons()).toEqual([]);
  expect([...a.mesh.presence.nodes.keys()]).toEqual([first.life]);
  await first.mesh.close();
  await pass(world.clock, 1000);
  expect(second.mesh.unreadyReasons()).toEqual([]);
  expect([...a.mesh.presence.nodes.keys()]).toEqual([second.life]);
});

test('a node of another version is named in the log once, and ignored', async () => {
  await using world = setUp();
  const a = world.start('a');
  await pass(world.clock, 4000);
  const bus = world.hub.connect('x');
  const beat = {
    ...{ version: 2, name: 'x', installation: 'x', succeeds: null, region: null, mesh: null },
    ...{
      now: 1,
      url: null,
      pipeAddress: '127.0.0.1',
      release: '1',
      draining: false,
      drainDeadline: null,
      rooms: 0,
      peers: 0,
    },
  };
  for (let count = 0; count < 2; count += 1)
    bus.publish('t.eA.life-x.node.beat', new TextEncoder().encode(JSON.stringify(beat)));
  await pass(world.clock, 100);
  expect(a.others).toEqual([]);
  expect(
    a.logged('a node speaks another version of the protocol between nodes and is ignored'),
  ).toMatchObject([{ node: 'x', version: 2, wanted: 1 }]);
});

test('the offset of a clock is read from heartbeats', async () => {
  await using world = setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  b.clock.leap(3_600_000);
  await pass(world.clock, 6000);
  expect(a.mesh.presence.nodes.get(b.life)?.clockOffset).toBe(3_600_000);
  expect(b.mesh.presence.nodes.get(a.life)?.clockOffset).toBe(-3_600_000);
});

test('a heartbeat says where its node takes media, and is short', async () => {
  await using world = setUp();
  const beats: { data: Uint8Array }[] = [];
  world.hub.connect('x').subscribe('t.*.*.node.beat', (message) => void beats.push(message));
  world.start('n'.repeat(128));
  await pass(world.clock, 4000);
  const [{ data } = { data: new Uint8Array() }] = beats;
  expect(JSON.parse(new TextDecoder().decode(data))).toMatchObject({ pipeAddress: '127.0.0.1' });
  expect(data.length).toBeLessThan(1024);
});
