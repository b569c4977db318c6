import { expect, setDefaultTimeout, test } from 'bun:test';
import { benchmarks } from '../../bench/benchmarks.ts';
import { projectFolder } from '../support/program.ts';
import { expectArithmetic, runSmall } from './run-small.ts';

setDefaultTimeout(180_000);

const names = benchmarks.map(({ name }) => name);

// first-frame.browser.test.ts runs the one that drives a browser.
test.each(names.filter((name) => name !== 'first-frame'))(
  '%s runs small and its ratios are ours divided by the reference',
  async (name) => expectArithmetic(await runSmall(name), name),
);

test('an unknown benchmark is answered with those that there are', async () => {
  const child = Bun.spawn([process.execPath, 'bench/run.ts', 'speed'], {
    cwd: projectFolder,
    stderr: 'pipe',
    stdout: 'ignore',
  });
  const text = await new Response(child.stderr).text();
  expect(await child.exited).toBe(2);
  for (const name of names) expect(text).toContain(name);
});
