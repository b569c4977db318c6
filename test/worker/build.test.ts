import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { explainFailure } from '../../worker/build.ts';
import { BuildLog } from '../../worker/build-log.ts';
import { withFolder } from './fixtures.ts';

test.each([
  [
    'x.cpp:1: error: something\nfatal error: error writing to /tmp/x.s: No space left on device',
    'The disk is full.',
  ],
  ['c++: fatal error: Killed signal terminated program cc1plus', 'The machine ran out of memory.'],
  [
    "meson.build:1:0: ERROR: Unknown compiler(s): [['c++'], ['g++']]",
    'A tool is missing: meson.build:1:0: ERROR',
  ],
  [
    "ok\na.cpp:3: error: 'x' was not declared\nb.cpp:4: error: y",
    "The first error is: a.cpp:3: error: 'x' was not",
  ],
])('a failed build is explained: %s', (output, explanation) => {
  expect(explainFailure(output)).toStartWith(explanation);
});

test('everything that a command prints is in the log', async () => {
  await withFolder(async (folder) => {
    const log = new BuildLog(join(folder, 'logs/build.log'));
    const lines: string[] = [];
    const result = await log.run('try', ['sh', '-c', 'echo one; echo two >&2; exit 7'], {
      onLine: (line) => lines.push(line),
    });

    expect(result.exitCode).toBe(7);
    expect(lines).toEqual(['one']);

    const text = await Bun.file(log.file).text();

    expect(text).toContain('== try: sh -c');
    expect(text).toContain('one\n');
    expect(text).toContain('two\n');
    expect(text).toContain('== ended with exit code 7');
  });
});

test('a build that is interrupted ends its command and says so', async () => {
  await withFolder(async (folder) => {
    const log = new BuildLog(join(folder, 'build.log'));
    const run = log.run('wait', ['sh', '-c', 'echo started; exec sleep 1000'], {
      onLine: () => log.interrupt('SIGTERM'),
    });

    await expect(run).rejects.toThrow('the build was interrupted by SIGTERM. The next start builds again.');
  });
});
