import { expect, test } from 'bun:test';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { RosterFeed } from '../../src/signaling/roster-feed.ts';
import { TestClock } from '../support/clock.ts';

/** A feed of one room, in which only counting happens. */
function counting() {
  const clock = new TestClock();
  const turnout = { count: 0, audience: 0 };
  const peers = new Map([['somebody', {}]]);
  const rooms = new Map([['room', { turnout, peers } as unknown as Room]]);
  const told: number[] = [];
  const feed = new RosterFeed({
    ...{ rooms, clock, onListed: () => {} },
    send: (_roomId, { count }) => void told.push(count),
  });
  const come = (many: number) => {
    for (let index = 0; index < many; index += 1) {
      turnout.count += 1;
      turnout.audience += 1;
      feed.counted('room');
    }
  };
  return { clock, come, told, feed };
}

test('where little happens it is told at once, and where much does four times a second', () => {
  const { clock, come, told } = counting();
  come(9);
  expect(told).toEqual([1, 2, 3, 4]);
  clock.advance(249);
  expect(told).toEqual([1, 2, 3, 4]);
  clock.advance(1);
  expect(told).toEqual([1, 2, 3, 4, 9]);
  expect(clock.waiting).toBe(0);
  come(2);
  clock.advance(250);
  expect(told).toEqual([1, 2, 3, 4, 9, 11]);
  // After a quiet second there is room again.
  clock.advance(1000);
  come(5);
  expect(told.slice(6)).toEqual([12, 13, 14, 15]);
});

test('a large audience is counted when it grew by a quarter, and else every ten seconds', () => {
  const { clock, come, told } = counting();
  come(100);
  clock.advance(250);
  expect(told.splice(0)).toEqual([1, 2, 3, 4, 100]);
  come(24);
  clock.advance(9999);
  expect(told).toBeEmpty();
  come(1);
  expect(told).toEqual([125]);
  come(1);
  clock.advance(9999);
  expect(told).toEqual([125]);
  clock.advance(1);
  expect(told).toEqual([125, 126]);
});

test('a minute in which three thousand come takes few messages', () => {
  const { clock, come, told } = counting();
  for (let second = 0; second < 60; second += 1) {
    come(50);
    clock.advance(1000);
  }
  clock.advance(10_000);
  expect(told.at(-1)).toBe(3000);
  expect(told.length).toBeLessThan(30);
});

test('nothing is told of a room that has ended', () => {
  const { clock, come, told, feed } = counting();
  come(5);
  feed.forget('room');
  clock.advance(1000);
  expect(told).toEqual([1, 2, 3, 4]);
  expect(clock.waiting).toBe(0);
});
