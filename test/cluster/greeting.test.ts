import { expect, test } from 'bun:test';
import { type Fate, MemoryHub } from '../../src/cluster/memory-bus.ts';
import { TestClock } from '../support/clock.ts';
import { pass, settle, TestNode } from './test-node.ts';

/** Nodes that know each other. One of them can fall silent, while the bus takes it for a listener still. */
async function meet(...names: string[]) {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const nodes = names.map((name) => ends.use(new TestNode({ hub, clock, name })));
  await pass(clock, 4000);
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  const silence = (node: TestNode) => {
    const fate = (_subject: string, from: string, to: string): Fate => {
      const isSilent = from === node.name || to === node.name;
      return { copies: isSilent ? 0 : 1, behind: 0 };
    };
    hub.fate = fate;
  };
  return { clock, hub, silence, a, b, c, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

/** Opens a room. @returns whether it is known by now what others say of it */
function open(node: TestNode, roomId = 'room') {
  const roster = node.domain.open(roomId);
  let known = false;
  void node.mesh.known(roomId).then(() => {
    known = true;
  });
  return { roster, isKnown: () => known };
}

test('who opens a room that others have does not wait for one of them that has just fallen silent', async () => {
  await using world = await meet('a', 'b', 'c');
  const { a, b, c, clock } = world;
  for (const node of [a, c]) {
    open(node);
    node.domain.put('room', `peer of ${node.name}`);
  }
  await pass(clock, 200);
  world.silence(c);
  // Its heartbeats are overdue, but not by so much that it is stale.
  await pass(clock, 3000);
  expect(b.others).toEqual(['a', 'c']);
  const { roster, isKnown } = open(b);
  await settle();
  expect(isKnown()).toBe(true);
  expect(roster.names).toEqual(['peer of a:peer of a']);
});

test('when only a silent node has the room, the one that opens it waits a moment, and not as long as for others', async () => {
  await using world = await meet('a', 'b', 'c');
  const { b, c, clock } = world;
  open(c);
  await pass(clock, 200);
  world.silence(c);
  await pass(clock, 3000);
  expect(b.others).toEqual(['a', 'c']);
  const whileOverdue = open(b);
  await pass(clock, 100);
  expect(whileOverdue.isKnown()).toBe(false);
  await pass(clock, 100);
  expect(whileOverdue.isKnown()).toBe(true);
  b.domain.close('room');
  // The bus takes it for a listener for longer than it is in the mesh.
  await pass(clock, 5000);
  expect(b.others).toEqual(['a']);
  const onceGone = open(b);
  await pass(clock, 200);
  expect(onceGone.isKnown()).toBe(true);
});

test('an answer that comes when nobody waits for it any more is taken nevertheless', async () => {
  await using world = await meet('a', 'b');
  const { a, b, clock, hub } = world;
  open(a);
  a.domain.put('room', 'alice');
  await settle();
  hub.freeze();
  const { roster, isKnown } = open(b);
  await pass(clock, 300);
  expect(isKnown()).toBe(false);
  await pass(clock, 200);
  expect(isKnown()).toBe(true);
  expect(roster.names).toEqual([]);
  hub.thaw();
  await settle();
  expect(roster.names).toEqual(['alice:alice']);
});
