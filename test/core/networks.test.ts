import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { networksAround, readNetwork } from '../../src/core/networks.ts';

test.each([
  ['198.51.100.8', '198.51.100.8'],
  [' 198.51.100.8 ', '198.51.100.8'],
  ['198.51.100.8/32', '198.51.100.8'],
  ['198.51.100.77/24', '198.51.100.0/24'],
  ['::ffff:198.51.100.8', '198.51.100.8'],
  ['::FFFF:c633:6408', '198.51.100.8'],
  ['::ffff:198.51.100.8/120', '198.51.100.0/24'],
  ['2001:DB8:0:0::2', '2001:db8::/64'],
  ['2001:db8::1:2:3:4', '2001:db8::/64'],
  ['2001:db8::2/128', '2001:db8::2/128'],
  ['2001:db8:ff00::/40', '2001:db8:ff00::/40'],
  ['::1', '::/64'],
  ['0.0.0.0/0', '0.0.0.0/0'],
] as const)('%p is the network %p', (text, network) => {
  expect(readNetwork(text)).toBe(network);
});

test.each([
  '',
  'not an ip',
  '198.51.100',
  '198.51.100.8/33',
  '198.51.100.8/-1',
  '198.51.100.8/24/8',
  '198.51.100.8/x',
  '2001:db8::/129',
  'fe80::1%eth0',
  '1.2.3.4.5',
])('%p is no network', (text) => {
  expect(readNetwork(text)).toBeUndefined();
});

test('an address is in every network that is read off it, and in no other', () => {
  expect(networksAround('2001:DB8::2')).toContain('2001:db8::/64');
  expect(networksAround('::ffff:198.51.100.8')).toEqual(networksAround('198.51.100.8'));
  expect(networksAround('198.51.100.8')).toContain('198.51.100.8');
  expect(networksAround('198.51.101.8')).not.toContain('198.51.100.0/24');
  expect(networksAround('nonsense')).toEqual([]);
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), (text, prefix) => {
      const network = readNetwork(`${text}/${text.includes(':') ? prefix + 96 : prefix}`);
      expect(network).toBeDefined();
      expect(networksAround(text)).toContain(network ?? '');
    }),
  );
});
