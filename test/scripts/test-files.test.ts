import { expect, test } from 'bun:test';
import { planPhases, selectFiles } from '../../scripts/test/files.ts';

const FILES = ['test/browser/call.test.ts', 'test/sfu/room.test.ts', 'test/sfu/sfu.test.ts'];

test('without arguments all files run, with arguments those whose path holds one of them', () => {
  expect(selectFiles(FILES, [])).toEqual(FILES);
  expect(selectFiles(FILES, ['./test/sfu', 'call'])).toEqual(FILES);
  expect(selectFiles(FILES, ['room'])).toEqual(['test/sfu/room.test.ts']);
  expect(selectFiles(FILES, ['nothing'])).toEqual([]);
});

test('browser tests run last, in a process of their own', () => {
  expect(planPhases(FILES).map(({ files }) => files)).toEqual([
    ['test/sfu/room.test.ts', 'test/sfu/sfu.test.ts'],
    ['test/browser/call.test.ts'],
  ]);
});

test('a phase without files does not run', () => {
  expect(planPhases(['test/sfu/room.test.ts'])).toHaveLength(1);
  expect(planPhases([])).toEqual([]);
});
