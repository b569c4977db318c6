import { expect, test } from 'bun:test';
import { AddressPace, clientOf } from '../../src/access/pace.ts';
import { SfuError } from '../../src/core/errors.ts';

test('an IPv6 address counts as its /64, in any spelling, and this machine as nobody', () => {
  expect(clientOf('2001:db8::1')).toBe(clientOf('2001:DB8:0:0:ffff::2'));
  expect(clientOf('2001:db8::1')).not.toBe(clientOf('2001:db8:0:1::1'));
  expect(clientOf('198.51.100.1')).not.toBe(clientOf('198.51.100.2'));
  for (const own of ['127.0.0.1', '127.9.9.9', '::1']) expect(clientOf(own)).toBeUndefined();
});

test('an address that is too fast is told how long to wait', () => {
  const pace = new AddressPace({ clock: { elapsed: () => 0 }, perSecond: () => 1 });
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
