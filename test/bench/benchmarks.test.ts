import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { benchmarks } from '../../bench/benchmarks.ts';

setDefaultTimeout(180_000);

const root = join(import.meta.dir, '..', '..');

interface Figure {
  name: string;
  unit: string;
  ours: number;
  reference: number;
  ratio: number;
}

/** Runs a benchmark as a user does, but small. @returns the object of its last line */
async function runSmall(name: string): Promise<Figure & { bench: string; runs: number; figures: Figure[] }> {
  const child = Bun.spawn([process.execPath, 'bench/run.ts', name, '--small', '--runs', '1'], {
    cwd: root,
    env: process.env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, progress, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  expect({ code, progress }).toMatchObject({ code: 0 });
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}

// forward needs Debian's janus beside it for its whole meaning, and is run by hand.
test.each(benchmarks.map(({ name }) => name).filter((name) => name !== 'forward'))(
  '%s runs small and its ratios are ours divided by the reference',
  async (name) => {
    const result = await runSmall(name);
    expect(result).toMatchObject({ bench: name, runs: 1 });
    expect(result.figures.length).toBeGreaterThan(0);
    for (const { ours, reference, ratio } of result.figures) {
      expect(Number.isFinite(ours) && Number.isFinite(reference)).toBe(true);
      // Figures are rounded to four digits; a small run's memory may even shrink.
      if (reference !== 0)
        expect(Math.abs(ratio - ours / reference)).toBeLessThanOrEqual(0.02 * Math.abs(ratio) + 0.001);
    }
  },
);

test('an unknown benchmark is answered with those that there are', async () => {
  const child = Bun.spawn([process.execPath, 'bench/run.ts', 'speed'], {
    cwd: root,
    stderr: 'pipe',
    stdout: 'ignore',
  });
  const text = await new Response(child.stderr).text();
  expect(await child.exited).toBe(2);
  for (const { name } of benchmarks) expect(text).toContain(name);
});
