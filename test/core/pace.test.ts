import { describe, expect, test } from 'bun:test';
import { Pace, Paces } from '../../src/core/pace.ts';
import { TestClock } from '../support/clock.ts';

function taken(pace: Pace, count: number): number {
  return Array.from({ length: count }, () => pace.take()).filter((waitMs) => waitMs === undefined).length;
}

describe('the pace of one sender', () => {
  test('charges what a message costs, and gives it back', () => {
    const pace = new Pace(10, new TestClock());
    expect(pace.take(40)).toBeUndefined();
    expect(pace.take(11)).toBe(100);
    pace.giveBack(5);
    expect(pace.take(15)).toBeUndefined();
    expect(pace.take()).toBe(100);
    pace.giveBack(1000);
    expect(pace.take(50)).toBeUndefined();
    expect(pace.take()).toBe(100);
  });

  test('lets what costs more than a burst through when the whole burst is free', async () => {
    const clock = new TestClock();
    const pace = new Pace(1, clock);
    expect(pace.take(64)).toBeUndefined();
    let passed = false;
    const waiting = pace.wait(64).then(() => {
      passed = true;
    });
    clock.advance(4999);
    await Promise.resolve();
    expect(passed).toBe(false);
    clock.advance(1);
    await waiting;
  });

  test('lets a burst through, then so many a second', () => {
    const clock = new TestClock();
    const pace = new Pace(10, clock);
    const passed = taken(pace, 100);
    expect(passed).toBe(50);
    clock.advance(1000);
    expect(taken(pace, 100)).toBe(10);
  });

  test('makes those wait who are too fast, and no longer than needed', async () => {
    const clock = new TestClock();
    const pace = new Pace(10, clock);
    while (pace.take() === undefined);
    let passed = false;
    const waiting = pace.wait().then(() => {
      passed = true;
    });
    clock.advance(50);
    await Promise.resolve();
    expect(passed).toBe(false);
    clock.advance(50);
    await waiting;
    expect(passed).toBe(true);
  });
});

function pacesOf(perSecond: number) {
  const clock = new TestClock();
  const paces = new Paces({ clock, perSecond: () => perSecond });
  const taken = (client: string, count: number, cost?: number) =>
    Array.from({ length: count }, () => paces.take(client, cost)).filter((wait) => wait === undefined).length;
  return { paces, taken, pass: (milliseconds: number) => clock.advance(milliseconds) };
}

describe('the paces of many clients', () => {
  test('lets five seconds of requests through at once, then those of the time that passes', () => {
    const { paces, taken, pass } = pacesOf(2);
    expect(taken('a', 20)).toBe(10);
    expect(paces.take('a')).toBe(500);
    pass(500);
    expect(taken('a', 20)).toBe(1);
    pass(60_000);
    expect(taken('a', 20)).toBe(10);
  });

  test('keeps clients apart', () => {
    const { taken } = pacesOf(2);
    expect(taken('a', 20)).toBe(10);
    expect(taken('b', 20)).toBe(10);
  });

  test('counts what costs more as several, and lets what costs more than a burst through when the client was quiet', () => {
    const { taken, pass } = pacesOf(2);
    expect(taken('a', 20, 4)).toBe(2);
    pass(60_000);
    expect(taken('a', 20, 1000)).toBe(1);
    expect(taken('a', 20)).toBe(0);
  });

  test('forgets the quietest of very many clients, so that they fill no memory', () => {
    const { paces, taken } = pacesOf(1);
    for (let index = 0; index < 50_000; index += 1) paces.take(`client ${index}`);
    expect(paces.size).toBeLessThanOrEqual(10_000);
    expect(taken('client 49999', 20)).toBe(4);
    expect(taken('client 0', 20)).toBe(5);
  });
});
