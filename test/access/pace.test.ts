import { describe, expect, test } from 'bun:test';
import { AddressPace, clientOf, Pace } from '../../src/access/pace.ts';
import { SfuError } from '../../src/core/errors.ts';

function paceOf(perSecond: number) {
  let time = 1_000_000;
  const pace = new Pace({ now: () => time, perSecond: () => perSecond });
  const taken = (client: string, count: number, cost?: number) =>
    Array.from({ length: count }, () => pace.take(client, cost)).filter((wait) => wait === undefined).length;
  return { pace, taken, pass: (milliseconds: number) => (time += milliseconds) };
}

describe('a pace', () => {
  test('lets five seconds of requests through at once, then those of the time that passes', () => {
    const { pace, taken, pass } = paceOf(2);
    expect(taken('a', 20)).toBe(10);
    expect(pace.take('a')).toBe(500);
    pass(500);
    expect(taken('a', 20)).toBe(1);
    pass(60_000);
    expect(taken('a', 20)).toBe(10);
  });

  test('keeps clients apart', () => {
    const { taken } = paceOf(2);
    expect(taken('a', 20)).toBe(10);
    expect(taken('b', 20)).toBe(10);
  });

  test('counts what costs more as several, and lets what costs more than a burst through when the client was quiet', () => {
    const { taken, pass } = paceOf(2);
    expect(taken('a', 20, 4)).toBe(2);
    pass(60_000);
    expect(taken('a', 20, 1000)).toBe(1);
    expect(taken('a', 20)).toBe(0);
  });

  test('forgets the quietest of very many clients, so that they fill no memory', () => {
    const { pace, taken } = paceOf(1);
    for (let index = 0; index < 50_000; index += 1) pace.take(`client ${index}`);
    expect(pace.size).toBeLessThanOrEqual(10_000);
    expect(taken('client 49999', 20)).toBe(4);
    expect(taken('client 0', 20)).toBe(5);
  });
});

test('an IPv6 address counts as its /64, in any spelling, and this machine as nobody', () => {
  expect(clientOf('2001:db8::1')).toBe(clientOf('2001:DB8:0:0:ffff::2'));
  expect(clientOf('2001:db8::1')).not.toBe(clientOf('2001:db8:0:1::1'));
  expect(clientOf('198.51.100.1')).not.toBe(clientOf('198.51.100.2'));
  for (const own of ['127.0.0.1', '127.9.9.9', '::1']) expect(clientOf(own)).toBeUndefined();
});

test('an address that is too fast is told how long to wait', () => {
  const pace = new AddressPace({ now: () => 0, perSecond: () => 1 });
  for (let count = 0; count < 5; count += 1) pace.require(`2001:db8::${count}`);
  const refusal = (() => {
    try {
      pace.require('2001:db8::9', 4);
    } catch (error) {
      return error as SfuError;
    }
  })();
  expect(refusal).toBeInstanceOf(SfuError);
  expect([refusal?.code, refusal?.retryAfterSeconds]).toEqual(['flood', 4]);
  for (let count = 0; count < 100; count += 1) pace.require('127.0.0.1');
});
