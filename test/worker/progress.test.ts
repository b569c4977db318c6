import { expect, test } from 'bun:test';
import { Progress, parseNinjaStatus } from '../../worker/progress.ts';

function record(isTTY: boolean, total: number): string[] {
  const written: string[] = [];
  const progress = new Progress('building', { isTTY, write: (text) => written.push(text) });

  for (let done = 1; done <= total; done++) {
    progress.update(done, total);
  }

  progress.end();

  return written;
}

test('a terminal sees one line that is rewritten for every file', () => {
  expect(record(true, 2)).toEqual([
    '\r\x1b[Ktureen: building, 1 of 2 files',
    '\r\x1b[Ktureen: building, 2 of 2 files',
    '\n',
  ]);
});

test('a log sees ten lines, however many files there are', () => {
  const lines = record(false, 281);

  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe('tureen: building, 29 of 281 files\n');
  expect(lines.at(-1)).toBe('tureen: building, 281 of 281 files\n');
});

test('the status of ninja is read, and other lines are not', () => {
  expect(parseNinjaStatus('[12/281] Compiling C++ object')).toEqual({ done: 12, total: 281 });
  expect(parseNinjaStatus('ninja: no work to do.')).toBeUndefined();
  expect(parseNinjaStatus('note: [1/2]')).toBeUndefined();
});
