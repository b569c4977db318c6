import { expect, setDefaultTimeout, test } from 'bun:test';
import { benchmarks } from '../../bench/benchmarks.ts';
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';
import { expectArithmetic, runSmall } from './run-small.ts';

setDefaultTimeout(180_000);

const names = benchmarks.map(({ name }) => name);

// Tests of their own run those that drive browsers, and the one that needs a bus.
const apart = ['first-frame', 'quality', 'mesh'];

test.each(names.filter((name) => !apart.includes(name)))(
  '%s runs small and its ratios are ours divided by the reference',
  async (name) => expectArithmetic(await runSmall(name), name),
);

test('an unknown benchmark is answered with those that there are', async () => {
  const { exitCode, err } = await run([process.execPath, 'bench/run.ts', 'speed'], { cwd: projectFolder });
  expect(exitCode).toBe(2);
  for (const name of names) expect(err).toContain(name);
});
