import { expect, test } from 'bun:test';
import { join, normalize } from 'node:path';
import { Glob } from 'bun';
import { findTestFiles, planPhases, selectFiles } from '../../../scripts/test/files.ts';

const FILES = ['test/browser/call.test.ts', 'test/sfu/room.test.ts', 'test/sfu/sfu.test.ts'];

test('every file of tests is found, whatever it is written in', () => {
  const root = join(import.meta.dir, '../../..');
  const named = [...new Glob('**/*.test.*').scanSync(join(root, 'test'))].map((file) =>
    normalize(`test/${file}`),
  );
  expect(findTestFiles(root)).toEqual(named.sort());
  expect(named.some((file) => file.endsWith('.tsx'))).toBe(true);
});

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
