import { expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { checked, dataCheck } from '../../src/wire/check.ts';

const sizes = dataCheck(
  Type.Object({
    name: Type.Union([Type.String(), Type.Null()]),
    mode: Type.Union([Type.Literal('fast'), Type.Literal('slow')]),
    where: Type.Union([
      Type.Object({ ip: Type.String(), port: Type.Integer(), rtcpPort: Type.Optional(Type.Integer()) }),
      Type.Object({ list: Type.Array(Type.String()) }),
      Type.Array(Type.Integer()),
    ]),
  }),
);

const good = { name: null, mode: 'fast', where: [1] };

test.each([
  [{ ...good, name: 120 }, 'join: name: expected a string or null, got 120'],
  [{ ...good, mode: 'x' }, 'join: mode: expected "fast" or "slow", got "x"'],
  [
    { ...good, where: { ip: '192.0.2.1' } },
    'join: where: expected {ip, port} or {list} or a list of an integer, got {"ip":"192.0.2.1"}',
  ],
  [{ mode: 'fast', where: [1] }, 'join: name: expected required property, got nothing'],
])('what fits none of several kinds is told what would be right: %p', (data, message) => {
  expect(() => checked(sizes, data, 'join')).toThrow(message);
});

test('what fits is returned as it is', () => {
  expect(checked(sizes, good, 'join')).toBe(good as never);
});
