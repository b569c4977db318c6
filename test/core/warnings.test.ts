import { expect, test } from 'bun:test';
import { collectWarnings } from '../../src/core/warnings.ts';

test('every warning of a request is told, each once', () => {
  const { warn, all, text } = collectWarnings();
  expect(text()).toBeUndefined();
  for (const sentence of ['it is not recorded', 'node "b" did not answer', 'it is not recorded'])
    warn(sentence);
  expect(text()).toBe('it is not recorded; node "b" did not answer');
  expect(all()).toEqual(['it is not recorded', 'node "b" did not answer']);
});

test('warnings are bounded in number and length', () => {
  const { warn, all, text } = collectWarnings();
  for (let count = 0; count < 100; count += 1) warn(`${count} ${'x'.repeat(10_000)}`);
  expect([all().length, all()[0]?.length, text()?.length]).toEqual([16, 1024, 4096]);
});
