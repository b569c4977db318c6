import { expect, test } from 'bun:test';
import {
  afterSecondRun,
  countRun,
  filesToRunAgain,
  formatCounts,
  sumCounts,
} from '../../../scripts/test/counts.ts';
import { withFolder } from '../../worker/fixtures.ts';

const GOOD = `
  import { describe, test } from 'bun:test';
  describe('a "quoted" <failure> name', () => { test('one', () => {}); test.skip('two', () => {}); });
  test('three', () => {});
`;
const FAILING = `import { expect, test } from 'bun:test'; test('four', () => { expect(1).toBe(2); });`;

/** Runs real test files in a process of their own, as scripts/test.ts does, and counts them. */
async function count(files: Record<string, string>): Promise<ReturnType<typeof countRun>> {
  return withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await Bun.write(`${folder}/${name}`, text);
    }

    const child = Bun.spawn(
      [
        process.execPath,
        'test',
        '--reporter=junit',
        '--reporter-outfile=report.xml',
        ...Object.keys(files).map((name) => `./${name}`),
      ],
      { cwd: folder, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    );
    const exitCode = await child.exited;
    const report = await Bun.file(`${folder}/report.xml`)
      .text()
      .catch(() => undefined);

    return countRun({ files: Object.keys(files), exitCode, report, expectsEveryFile: true });
  });
}

test('passed, failed and skipped tests are counted, whatever their names', async () => {
  expect(await count({ 'a.test.ts': GOOD, 'b.test.ts': FAILING })).toMatchObject({
    counts: { passed: 2, failed: 1, skipped: 1 },
    problems: [],
  });
});

test('a test that failed is named with its file, its groups and what it said', async () => {
  const grouped = `
    import { describe, test } from 'bun:test';
    describe('a <b> & "c"', () => { test('four', () => { throw new Error('no <d> & "e"'); }); });
  `;
  const { failures } = await count({ 'a.test.ts': GOOD, 'b.test.ts': grouped });

  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({ file: 'b.test.ts', name: 'a <b> & "c" > four' });
  expect(failures[0]?.text).toStartWith('Error: no <d> & "e"\n');
});

test('a file that passes when it runs again no longer counts as failed; one that fails again does', async () => {
  const first = await count({ 'a.test.ts': GOOD, 'b.test.ts': FAILING, 'c.test.ts': FAILING });

  expect(filesToRunAgain(first)).toEqual(['b.test.ts', 'c.test.ts']);
  const second = new Map([
    ['b.test.ts', await count({ 'b.test.ts': FAILING.replace('toBe(2)', 'toBe(1)') })],
    ['c.test.ts', await count({ 'c.test.ts': FAILING })],
  ]);
  const { outcome, unsteady } = afterSecondRun(first, second);

  expect(outcome.counts).toEqual({ passed: 3, failed: 1, skipped: 1 });
  expect(outcome.failures.map(({ file }) => file)).toEqual(['c.test.ts']);
  expect(unsteady.map(({ file }) => file)).toEqual(['b.test.ts']);
});

test('a file that crashes when it runs again counts as failed', async () => {
  const first = await count({ 'a.test.ts': GOOD, 'b.test.ts': FAILING });
  const crash = `import { test } from 'bun:test'; test('four', () => process.kill(process.pid, 'SIGKILL'));`;
  const { outcome } = afterSecondRun(first, new Map([['b.test.ts', await count({ 'b.test.ts': crash })]]));

  expect(outcome.counts.failed).toBe(1);
});

test('nothing runs again where many files failed', async () => {
  const files = ['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.test.ts`, FAILING] as const);

  expect(filesToRunAgain(await count(Object.fromEntries(files)))).toEqual([]);
});

test('a process that crashes counts as failed, though it had passed tests', async () => {
  const crash = `import { test } from 'bun:test'; test('five', () => process.kill(process.pid, 'SIGKILL'));`;
  const { counts, problems } = await count({ 'a.test.ts': GOOD, 'b.test.ts': crash });

  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(problems[0]).toStartWith('bun test ended with exit code');
});

test('a test that ends the process as if all were well counts as failed', async () => {
  const exit = `import { test } from 'bun:test'; test('six', () => process.exit(0));`;

  expect((await count({ 'a.test.ts': GOOD, 'b.test.ts': exit })).counts.failed).toBe(1);
});

test('a file that cannot be loaded counts as failed', async () => {
  expect(await count({ 'a.test.ts': GOOD, 'b.test.ts': `import './missing.ts';` })).toMatchObject({
    counts: { passed: 2, failed: 1, skipped: 1 },
    problems: ['b.test.ts ran no test'],
  });
});

test('a file without a test counts as failed', async () => {
  expect((await count({ 'a.test.ts': 'export {};' })).counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('a run that fails though no test did counts as failed', () => {
  const report =
    '<testsuites><testsuite file="a.test.ts"><testcase name="x" file="a.test.ts" /></testsuite></testsuites>';

  expect(countRun({ files: ['a.test.ts'], exitCode: 1, report, expectsEveryFile: true })).toMatchObject({
    counts: { passed: 1, failed: 1, skipped: 0 },
    problems: ['bun test ended with exit code 1 though no test failed: see its errors above'],
  });
});

test('the counts of several runs are summed', () => {
  expect(
    sumCounts([
      { passed: 1, failed: 0, skipped: 2 },
      { passed: 10, failed: 3, skipped: 0 },
    ]),
  ).toEqual({ passed: 11, failed: 3, skipped: 2 });
});

test('the last line names the skipped tests only when there are any', () => {
  expect(formatCounts({ passed: 5, failed: 0, skipped: 0 })).toBe('5 passed, 0 failed');
  expect(formatCounts({ passed: 5, failed: 1, skipped: 2 })).toBe('5 passed, 1 failed, 2 skipped');
});
