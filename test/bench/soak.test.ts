import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Checkpoint } from '../../bench/soak/checkpoint.ts';
import { readOptions, UsageError } from '../../bench/soak/options.ts';
import { growth } from '../../bench/soak/verdict.ts';
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';

// A connection over ICE that breaks off is noticed after a minute, and a checkpoint waits for that.
setDefaultTimeout(600_000);

const flat: Checkpoint = {
  heap: 20_000_000,
  resident: 100_000_000,
  workerResident: 30_000_000,
  descriptors: 30,
  workerDescriptors: 28,
  ports: 4,
  series: 1000,
  standing: 0,
};

test('a leak of a little in each interval is growth, and peaks at the beginning or the end are none', () => {
  const heaps = (values: number[]) => values.map((heap) => ({ ...flat, heap: heap * 1_000_000 }));
  expect(growth(heaps([20, 21, 20, 21, 20, 21]))).toEqual([]);
  expect(growth(heaps([20, 20, 20, 20, 20, 60]))).toEqual([]);
  expect(growth(heaps([20, 22, 24, 26, 28, 30]))).toEqual([
    'heap grew from 22000000 to 28000000, and may grow by 4194304',
  ]);
  const leaks = { ports: 5, standing: 1, descriptors: 99, series: 2000 };
  const found = growth([flat, flat, flat, flat, { ...flat, ...leaks }, { ...flat, ...leaks }]);
  expect(found.map((line) => line.split(' ')[0])).toEqual(['descriptors', 'ports', 'series', 'standing']);
});

test.each([['--minutes=long'], ['--every=0'], ['--rate='], ['--hours']])(
  '%s is refused with what is wanted',
  (argument) => {
    expect(() => readOptions([argument])).toThrow(UsageError);
    expect(() => readOptions([argument])).toThrow(new RegExp(argument.split('=')[0] ?? ''));
  },
);

test('a short soak finds nothing that stays, and prints what it measured at each checkpoint', async () => {
  const args = ['--minutes', '0.1', '--every', '6', '--rate', '12'];
  const { exitCode, out, err } = await run([process.execPath, 'bench/soak/run.ts', ...args], {
    cwd: projectFolder,
  });
  // The heap of so short a run still grows to its usual size, so growth is not judged here; what stays is.
  const faults = out
    .split('\n')
    .filter((line) => / is there, | is not there, |left: |no answer: |logged/.test(line));
  expect({ faults, err }).toEqual({ faults: [], err: '' });
  expect(exitCode).toBeLessThanOrEqual(1);
  expect(out.match(/^\d+: \d+ stood; heap .* left nothing; worker deaths \d+; faults 0$/gm)?.length).toBe(4);
  const done = JSON.parse(/^done: (.*)$/m.exec(out)?.[1] ?? '{}') as Record<string, number>;
  expect(done.acts).toBeGreaterThan(20);
});
