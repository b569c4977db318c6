import { expect, test } from 'bun:test';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import type { PeerShare } from '../../src/sfu/rooms/share.ts';
import { TestClock } from '../support/clock.ts';
import { pass, settle, TestNode } from './test-node.ts';

const inAudience = { standing: 'counted', publish: false } satisfies Partial<PeerShare>;

/** Two nodes that have a room, with a count of the changes that are said. */
async function world() {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const start = (name: string) => ends.use(new TestNode({ hub, clock, name }));
  const [a, b] = [start('a'), start('b')];
  await pass(clock, 4000);
  a.domain.open('room');
  const roster = b.domain.open('room');
  await pass(clock, 2000);
  const said = { changes: 0, lose: false };
  hub.fate = (subject) => {
    if (!subject.endsWith('.change')) return { copies: 1, behind: 0 };
    said.changes += 1;
    return { copies: said.lose ? 0 : 1, behind: 0 };
  };
  return { clock, a, b, roster, said, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

test('five hundred of the audience who come and go within ten seconds each are some forty messages', async () => {
  await using room = await world();
  const { clock, a, roster, said } = room;
  const sessions: string[] = [];
  for (let second = 0; second < 10; second += 1) {
    for (let index = 0; index < 50; index += 1) {
      const name = `guest-${second}-${index}`;
      const sessionId = a.domain.put('room', name, { ...inAudience, state: 'connected', joinedAt: null });
      a.domain.put('room', name, { ...inAudience, sessionId });
      sessions.push(sessionId);
      await pass(clock, 20);
    }
  }
  await pass(clock, 250);
  expect(roster.names.length).toBe(500);
  expect(said.changes).toBeLessThanOrEqual(42);
  said.changes = 0;
  for (const sessionId of sessions) {
    a.domain.leave('room', sessionId);
    await pass(clock, 20);
  }
  await pass(clock, 250);
  expect(roster.names).toEqual([]);
  expect(said.changes).toBeLessThanOrEqual(42);
  // Numbers and hashes were right all the time: nothing had to be fetched.
  expect(roster.written.filter((line) => line.startsWith('replaceNode'))).toEqual([]);
});

test('many who come at the very same moment are said in messages of a bounded size', async () => {
  await using room = await world();
  for (let index = 0; index < 100; index += 1) room.a.domain.put('room', `guest-${index}`, inAudience);
  await settle();
  expect([room.said.changes, room.roster.names.length]).toEqual([3, 96]);
  await pass(room.clock, 250);
  expect([room.said.changes, room.roster.names.length]).toEqual([4, 100]);
});

test('what somebody on stage does is said at once, after what was waiting', async () => {
  await using room = await world();
  const { a, roster, said } = room;
  const guest = a.domain.put('room', 'guest', inAudience);
  await settle();
  expect(roster.written).toEqual([]);
  a.domain.put('room', 'guest', { sessionId: guest, standing: 'listed', publish: true });
  a.domain.put('room', 'host', { standing: 'listed' });
  await settle();
  expect(roster.written).toEqual(['put guest', 'put guest', 'put host']);
  expect(said.changes).toBe(2);
  // One that has left the stage in one way or another leaves at once, too.
  a.domain.leave('room', guest);
  await settle();
  expect(roster.names).toEqual(['host:host']);
});

test('who leaves before it was said is not left behind', async () => {
  await using room = await world();
  const { a, clock, roster } = room;
  a.domain.leave('room', a.domain.put('room', 'guest', inAudience));
  await pass(clock, 250);
  expect(roster.written).toEqual(['put guest', 'drop guest left']);
  expect(roster.names).toEqual([]);
});

test('what follows a change is said after it: data does not wait for the audience', async () => {
  await using room = await world();
  const { a, b, roster } = room;
  a.domain.put('room', 'guest', inAudience);
  const number = a.mesh.shares.numberOf('room');
  await settle();
  expect(roster.names).toEqual(['guest:guest']);
  expect(b.mesh.shares.numberTaken(a.mesh.self.life, 'room')).toBe(number);
});

test('a message of several changes that is lost is fetched when the share is stated', async () => {
  await using room = await world();
  const { a, clock, roster, said } = room;
  said.lose = true;
  for (const name of ['one', 'two', 'three']) a.domain.put('room', name, inAudience);
  await pass(clock, 250);
  expect(roster.names).toEqual([]);
  await pass(clock, 1000);
  expect(roster.names).toEqual(['one:one', 'three:three', 'two:two']);
});
