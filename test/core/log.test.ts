import { expect, test } from 'bun:test';
import { createLogger } from '../../src/core/log.ts';

test('a line shows an error with its cause, and both errors when one suppressed the other', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  log.error('failed', { error: new Error('outer', { cause: new Error('inner') }) });
  log.error('failed twice', { error: new SuppressedError(new Error('second'), new Error('first')) });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'error', message: 'failed', error: { message: 'outer', cause: { message: 'inner' } } },
    { message: 'failed twice', error: { error: { message: 'second' }, suppressed: { message: 'first' } } },
  ]);
});
