import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyOf } from '../../src/cluster/fact-entries.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { createLogger } from '../../src/core/log.ts';
import type { NewBan } from '../../src/store/bans.ts';
import { Store } from '../../src/store/store.ts';
import { hashPassword } from '../../src/store/users.ts';
import { TestClock } from '../support/clock.ts';
import { LeapingClock, pass, settle, TestNode, type TestNodeOptions } from './test-node.ts';

const by = { kind: 'admin', id: 'ada' } as const;
const mallory: NewBan = {
  kind: 'identity',
  value: 'mallory',
  roomId: null,
  reason: 'spam',
  by,
  expiresAt: null,
};
const entrant = { roomId: 'room', subject: 'mallory', address: '192.0.2.1' };
const silent = createLogger({ level: 'error', write: () => {} });
/** Long enough for a node to enter and to try a bucket again that was away. */
const aWhile = 6000;

type Start = Partial<Omit<TestNodeOptions, 'hub' | 'name'>>;

async function setUp() {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tureen-facts-'));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  return {
    clock,
    hub,
    start: (name: string, options: Start = {}) => ends.use(new TestNode({ hub, clock, name, ...options })),
    /** A database that outlives its nodes. */
    database: (name: string, of: { clock: TestClock | LeapingClock } = { clock }) =>
      ends.use(new Store({ folder: join(folder, name), log: silent, clock: of.clock })),
    pass: (milliseconds = aWhile) => pass(clock, milliseconds),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  };
}

const refusedOn = ({ store }: TestNode) => store.bans.findActive(entrant)?.reason;
const clockOf = (clock: TestClock, ahead: number) => {
  const leaping = new LeapingClock(clock);
  leaping.leap(ahead);
  return leaping;
};

test('a ban on one node refuses on another at once, also without JetStream, and lifting it lets in again', async () => {
  await using world = await setUp();
  world.hub.keepsValues = false;
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const ban = a.store.bans.add(mallory);
  await settle();
  expect(refusedOn(b)).toBe('spam');
  expect(b.store.bans.get(ban.id)).toEqual(ban);
  b.store.bans.lift(ban.id);
  await settle();
  expect([refusedOn(a), refusedOn(b)]).toEqual([undefined, undefined]);
});

test('what is decided while the bus is away waits in the outbox, and is sent when the bus is back', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  expect(a.store.state.facts.waiting).toBe(0);
  world.hub.kill();
  a.store.bans.add(mallory);
  a.store.bans.voidTokens({ roomId: 'room', subject: 'eve', issuedAt: 0 });
  await settle();
  expect(a.store.state.facts.waiting).toBe(2);
  expect(refusedOn(b)).toBeUndefined();
  world.hub.restart();
  await world.pass();
  expect(a.store.state.facts.waiting).toBe(0);
  expect(refusedOn(b)).toBe('spam');
  expect(b.store.bans.isVoid({ ...entrant, subject: 'eve', issuedAt: 1 })).toBe(true);
});

test('a node that ends between the outbox and the bus sends with its next life', async () => {
  await using world = await setUp();
  const store = world.database('a');
  const first = world.start('a', { store });
  const b = world.start('b');
  await world.pass();
  first.bus.publish = () => false;
  first.bus.bucket.put = () => new Promise(() => {});
  store.bans.add(mallory);
  await settle();
  await first.mesh.close();
  store.close();
  expect(refusedOn(b)).toBeUndefined();

  const again = world.database('a');
  expect(again.state.facts.waiting).toBe(1);
  world.start('a', { store: again });
  await world.pass();
  expect(refusedOn(b)).toBe('spam');
  expect(again.state.facts.waiting).toBe(0);
});

test('a node that comes later knows what was decided before it is ready', async () => {
  await using world = await setUp();
  const a = world.start('a');
  await world.pass();
  a.store.bans.add(mallory);
  a.store.users.put({
    name: 'Anna',
    passwordHash: await hashPassword('anna knows it'),
    role: 'moderator',
    origin: 'page',
  });
  const secret = a.store.apiKeys.create('backend', 'admin');
  await settle();
  const late = world.start('late');
  expect(late.mesh.unreadyReasons()).toContain(
    'the bans, users and API keys of the other nodes are being read',
  );
  await settle();
  expect(late.mesh.facts.knowledge.state).toBe('current');
  expect(refusedOn(late)).toBe('spam');
  expect(late.store.users.byName('anna')).toMatchObject({ name: 'Anna', role: 'moderator' });
  expect(await late.store.users.check('anna', 'anna knows it')).toMatchObject({ name: 'Anna' });
  expect(late.store.apiKeys.find(secret)?.name).toBe('backend');
  await world.pass();
  expect(late.mesh.unreadyReasons()).toEqual([]);
});

test('a node whose bus is away is ready with what it has, and says until when it knows everything', async () => {
  await using world = await setUp();
  const store = world.database('a');
  const first = world.start('a', { store });
  await world.pass();
  await first.mesh.close();
  const until = world.clock.now();
  world.hub.kill();
  await world.pass(60_000);
  const node = world.start('a', { store });
  await world.pass();
  expect(node.mesh.unreadyReasons()).toEqual([]);
  expect(node.mesh.facts.knowledge).toEqual({ state: 'away', until });
  expect(node.logged('this node serves with the bans, users and API keys that it knows')[0]).toMatchObject({
    why: 'the bus is away',
    knownUntil: new Date(until).toISOString(),
  });
});

test('of two changes of a user the later one counts on every node, and a removed user stays removed', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const user = a.store.users.put({ name: 'anna', passwordHash: 'x', role: 'viewer', origin: 'page' });
  await settle();
  world.hub.isolate('b');
  world.hub.keepsValues = false;
  b.store.users.setRole(b.store.users.byName('anna')?.id ?? 0, 'admin');
  await world.pass(1000);
  a.store.users.setRole(user.id, 'moderator');
  world.hub.isolate();
  world.hub.keepsValues = true;
  for (const node of [a, b]) node.bus.renew();
  await world.pass();
  expect([a, b].map(({ store }) => store.users.byName('anna')?.role)).toEqual(['moderator', 'moderator']);
  b.store.users.remove(b.store.users.byName('anna')?.id ?? 0);
  await settle();
  for (const node of [a, b]) node.bus.renew();
  await world.pass();
  expect([a, b].map(({ store }) => store.users.byName('anna'))).toEqual([undefined, undefined]);
});

test('removals merge by their greatest time, whichever is told last', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const until = world.clock.now() + 8000;
  a.store.bans.voidTokens({ roomId: 'room', subject: 'mallory', issuedAt: until });
  await settle();
  b.store.bans.voidTokens({ roomId: 'room', subject: 'mallory', issuedAt: 0 });
  await settle();
  for (const { store } of [a, b]) {
    expect(store.bans.isVoid({ ...entrant, issuedAt: until })).toBe(true);
    expect(store.bans.isVoid({ ...entrant, issuedAt: until + 1 })).toBe(false);
  }
});

test('a removal stamped by a clock an hour ahead is refused, counted and told', async () => {
  await using world = await setUp();
  const a = world.start('a');
  await world.pass();
  const hour = 3_600_000;
  const wrong = world.database('wrong', { clock: clockOf(world.clock, hour) });
  wrong.bans.voidTokens({ roomId: 'room', subject: 'mallory', issuedAt: 0 });
  const [removal] = wrong.facts.latestWaiting(1);
  if (!removal) throw new Error('nothing waits');
  world.hub.kept.put(keyOf(removal), new TextEncoder().encode(JSON.stringify(removal)));
  await settle();
  expect(a.store.bans.isVoid({ ...entrant, issuedAt: 1 })).toBe(false);
  expect(a.store.state.facts.refused).toBe(1);
  expect(JSON.stringify(a.logged('messages between nodes were dropped'))).toMatch(
    /clock_ahead.*stamped it 3600 seconds ahead of the clock here/,
  );
});

test('a node whose clock is an hour ahead stamps by the time of the others once it hears them', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const clock = clockOf(world.clock, 3_600_000);
  const store = world.database('wrong', { clock });
  store.bans.voidTokens({ roomId: 'room', subject: 'mallory', issuedAt: 0 });
  const wrong = world.start('wrong', { store, ahead: 3_600_000 });
  await world.pass();
  const { time } = wrong.store.facts.clock;
  expect(Math.abs(time - world.clock.now())).toBeLessThan(10_000);
  for (const node of [a, b, wrong]) {
    expect(node.store.bans.isVoid({ ...entrant, issuedAt: world.clock.now() - aWhile })).toBe(true);
    // Who comes back with a new token is not kept out for an hour.
    expect(node.store.bans.isVoid({ ...entrant, issuedAt: world.clock.now() + 1 })).toBe(false);
  }
  store.bans.add(mallory);
  await settle();
  expect([refusedOn(a), refusedOn(b)]).toEqual(['spam', 'spam']);
});

test('of two nodes whose clocks differ nobody knows which is wrong: bans hold on both, and no removal ends too little', async () => {
  await using world = await setUp();
  const [a, behind] = [world.start('a'), world.start('behind', { ahead: -3_600_000 })];
  await world.pass();
  a.store.bans.add(mallory);
  behind.store.bans.add({ ...mallory, value: 'eve' });
  a.store.bans.voidTokens({ roomId: 'room', subject: 'mallory', issuedAt: 0 });
  await settle();
  for (const { store } of [a, behind]) {
    expect(store.bans.findActive(entrant)?.reason).toBe('spam');
    expect(store.bans.findActive({ ...entrant, subject: 'eve' })?.reason).toBe('spam');
    expect(store.bans.isVoid({ ...entrant, issuedAt: world.clock.now() })).toBe(true);
    expect(store.state.facts.refused).toBe(0);
  }
});

test('a database of before joins with all that it has', async () => {
  await using world = await setUp();
  const store = world.database('alone');
  store.bans.add(mallory);
  store.bans.voidTokens({ roomId: 'room', subject: 'eve', issuedAt: 0 });
  store.users.put({ name: 'berta', passwordHash: 'x', role: 'viewer', origin: 'page' });
  const a = world.start('a');
  await world.pass();
  a.store.users.put({ name: 'anna', passwordHash: 'y', role: 'admin', origin: 'page' });
  await settle();
  const joined = world.start('b', { store });
  await world.pass();
  expect(joined.mesh.unreadyReasons()).toEqual([]);
  for (const node of [a, joined]) {
    expect(refusedOn(node)).toBe('spam');
    expect(node.store.bans.isVoid({ ...entrant, subject: 'eve', issuedAt: 1 })).toBe(true);
    expect(node.store.users.list().map(({ name }) => name)).toEqual(['anna', 'berta']);
  }
  expect(store.facts.membership.meshId).toBe(a.store.facts.membership.meshId);
});

test('users and keys of the same names are refused by name, and join after an import', async () => {
  await using world = await setUp();
  const store = world.database('alone');
  store.users.put({ name: 'Anna', passwordHash: 'mine', role: 'admin', origin: 'page' });
  store.apiKeys.create('backend', 'viewer');
  store.bans.add(mallory);
  const a = world.start('a');
  await world.pass();
  a.store.users.put({ name: 'anna', passwordHash: 'theirs', role: 'viewer', origin: 'page' });
  const secret = a.store.apiKeys.create('backend', 'admin');
  await settle();
  const refused = world.start('b', { store });
  await world.pass();
  expect(refused.mesh.unreadyReasons().join()).toMatch(
    /others of the same names as this node: the user "anna", the API key "backend"\..*tureen mesh import/,
  );
  expect(store.users.byName('anna')?.role).toBe('admin');
  expect(refusedOn(a)).toBeUndefined();
  await refused.mesh.close();

  store.facts.startImport();
  const joined = world.start('b', { store });
  await world.pass();
  expect(joined.mesh.unreadyReasons()).toEqual([]);
  expect(store.users.byName('anna')).toMatchObject({ name: 'anna', role: 'viewer' });
  expect(store.apiKeys.find(secret)?.role).toBe('admin');
  expect(refusedOn(a)).toBe('spam');
});

test('a database of another mesh makes the node unready, and neither learns anything from the other', async () => {
  await using world = await setUp();
  const store = world.database('other');
  store.facts.membership.joined('00000000-0000-4000-8000-000000000000', world.clock.now());
  store.bans.add(mallory);
  const a = world.start('a');
  await world.pass();
  const stranger = world.start('b', { store });
  await world.pass();
  expect(stranger.mesh.unreadyReasons().join()).toMatch(
    /this node belongs to the mesh 00000000-.* and the bus to .*TUREEN_BUS_URL/,
  );
  a.store.bans.add({ ...mallory, value: 'eve' });
  await settle();
  expect(refusedOn(a)).toBeUndefined();
  expect(store.bans.findActive({ ...entrant, subject: 'eve' })).toBeUndefined();
});

test('a bus that has lost its bucket is named, and nobody makes a second one in silence', async () => {
  await using world = await setUp();
  const a = world.start('a');
  await world.pass();
  world.hub.kept.values.clear();
  a.bus.renew();
  await world.pass();
  expect(a.mesh.unreadyReasons().join()).toMatch(
    /the bus has lost the bans, users and API keys of this node's mesh/,
  );
  expect(world.hub.kept.values.size).toBe(0);
});

test('nodes whose buckets are not the same one see it by their heartbeats', async () => {
  await using world = await setUp();
  const a = world.start('a');
  await world.pass();
  // As on a leaf node with a JetStream of its own.
  const own = new MemoryHub(world.clock).connect('b').bucket;
  const b = world.start('b', { bucket: own });
  await world.pass();
  expect(a.mesh.unreadyReasons().join()).toMatch(/node "b" keeps its bans, users and API keys elsewhere/);
  expect(b.mesh.unreadyReasons().join()).toMatch(/node "a" keeps .* TUREEN_BUS_DOMAIN/);
});

test('sessions of a user end on every node when their logins are made void, and a later login stays', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const user = a.store.users.put({ name: 'Anna', passwordHash: 'x', role: 'admin', origin: 'page' });
  await settle();
  const there = b.store.users.byName('anna');
  const login = { userId: there?.id ?? 0, address: '', agent: '' };
  const before = b.store.sessions.open(login);
  const kept = a.store.sessions.open({ ...login, userId: user.id });
  await world.pass(100);
  a.store.sessions.closeAllOf(user, a.store.sessions.find(kept)?.id);
  await world.pass(100);
  const after = b.store.sessions.open(login);
  expect(b.store.sessions.find(before)).toBeUndefined();
  expect(b.store.sessions.find(after)).toBeDefined();
  expect(a.store.sessions.find(kept)).toBeDefined();
  a.store.users.remove(user.id);
  await settle();
  expect(b.store.sessions.find(after)).toBeUndefined();
});

test('a deletion that nobody has to know any more is forgotten, also by a node that was away for longer', async () => {
  await using world = await setUp();
  const store = world.database('away');
  const away = world.start('away', { store });
  const a = world.start('a');
  await world.pass();
  a.store.users.put({ name: 'anna', passwordHash: 'x', role: 'admin', origin: 'page' });
  await settle();
  expect(store.users.byName('anna')).toBeDefined();
  await away.mesh.close();
  a.store.users.remove(a.store.users.byName('anna')?.id ?? 0);
  await settle();
  const day = 86_400_000;
  world.clock.set(world.clock.now() + 91 * day);
  a.store.facts.prune();
  a.bus.renew();
  await world.pass();
  expect([...world.hub.kept.values.keys()]).toEqual(['mesh']);
  world.start('away', { store });
  await world.pass();
  expect(store.users.byName('anna')).toBeUndefined();
});

test('two nodes that write the same fact at the same moment agree', async () => {
  await using world = await setUp();
  const [a, b] = [world.start('a'), world.start('b')];
  await world.pass();
  const roles = ['viewer', 'moderator', 'admin'] as const;
  for (let round = 0; round < 20; round += 1)
    for (const [index, node] of [a, b].entries())
      node.store.users.put({
        ...{ name: 'anna', passwordHash: `${round}`, origin: 'page' },
        role: roles[(round + index) % 3] ?? 'viewer',
      });
  await world.pass();
  expect(a.store.facts.get({ kind: 'user', name: 'anna', scope: '' })).toEqual(
    b.store.facts.get({ kind: 'user', name: 'anna', scope: '' }),
  );
  expect([a, b].map(({ store }) => store.state.facts.waiting)).toEqual([0, 0]);
});
