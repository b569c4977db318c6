import { expect, test } from 'bun:test';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { TestClock } from '../support/clock.ts';
import type { Random } from '../support/random.ts';
import { seededRandom } from '../support/random.ts';
import { pass, settle, TestNode } from './test-node.ts';

const names = ['a', 'b', 'c'] as const;
const rooms = Array.from({ length: 12 }, (_, index) => `room ${index}`);
const steps = 1500;

/** One thing that happens in the life of a mesh. */
function act(random: Random, { nodes, hub }: { nodes: readonly TestNode[]; hub: MemoryHub }): void {
  const node = random.pick(nodes);
  const { domain } = node;
  const roomId = random.pick(rooms);
  const peers = domain.shares(roomId);
  if (!domain.rooms.has(roomId)) return void domain.open(roomId);
  const dice = random.next();
  if (dice < 0.45 || peers.length === 0) domain.put(roomId, `peer ${random.below(1000)}`);
  else if (dice < 0.6) {
    const { sessionId, peerId } = random.pick(peers);
    domain.put(roomId, peerId, { sessionId, displayName: `name ${random.below(1000)}` });
  } else if (dice < 0.9) domain.leave(roomId, random.pick(peers).sessionId);
  else if (dice < 0.93) domain.close(roomId);
  else if (dice < 0.95) hub.isolate(random.pick(names));
  else if (dice < 0.96) hub.kill();
  else if (dice < 0.97) hub.freeze();
  else if (dice < 0.98) node.clock.leap(5000 + random.below(20_000));
  else heal(hub);
}

function heal(hub: MemoryHub): void {
  hub.isolate();
  hub.thaw();
  if (!hub.alive) hub.restart();
}

/** Who is in a room as one node knows it: its own peers and the roster. */
function known(node: TestNode, roomId: string): string[] {
  const own = node.domain.shares(roomId).map(({ peerId, displayName }) => `${peerId}:${displayName}`);
  return [...own, ...(node.domain.roster(roomId)?.names ?? [])].sort();
}

test('after joins, leaves, losses, doubles, delays, partitions and stops at random all rosters are equal', async () => {
  const random = seededRandom('a walk of three nodes');
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const nodes = names.map((name) => new TestNode({ hub, clock, name }));
  await pass(clock, 4000);
  hub.fate = () => ({
    copies: random.chance(0.03) ? 2 * random.below(2) : 1,
    behind: random.below(20) ? 0 : 2,
  });
  for (let step = 0; step < steps; step += 1) {
    act(random, { nodes, hub });
    if (random.chance(0.3)) await settle();
    if (random.chance(0.1)) await pass(clock, 100 * random.below(30));
  }
  heal(hub);
  hub.fate = () => ({ copies: 1, behind: 0 });
  // Whoever was given up is heard again, and what was lost is said again within ten seconds.
  await pass(clock, 40_000);
  for (const node of nodes) expect(node.others).toEqual(names.filter((name) => name !== node.name));
  for (const roomId of rooms) {
    const here = nodes.filter(({ domain }) => domain.rooms.has(roomId));
    const all = here
      .flatMap(({ domain }) => domain.shares(roomId))
      .map((peer) => `${peer.peerId}:${peer.displayName}`);
    for (const node of here)
      expect({ roomId, known: known(node, roomId) }).toEqual({ roomId, known: all.sort() });
  }
  expect(nodes.flatMap((node) => node.logged('a share could not be taken over'))).toEqual([]);
  for (const node of nodes) {
    for (const roomId of rooms) if (node.domain.rooms.has(roomId)) node.domain.close(roomId);
  }
  await pass(clock, 1000);
  for (const node of nodes) await node.mesh.close();
  expect(hub.subscriptions).toBe(0);
  expect(clock.waiting).toBe(0);
});
