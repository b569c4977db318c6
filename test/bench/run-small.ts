import { expect } from 'bun:test';
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  /** null where both sides gave 0. */
  readonly ratio: number | null;
  readonly spread: Readonly<Record<string, { readonly least: number; readonly most: number }>>;
}

export interface SmallResult extends Figure {
  readonly bench: string;
  readonly runs: number;
  readonly small: boolean;
  readonly figures: readonly Figure[];
}

/** Runs a benchmark as a user does, but small. @returns the object of its last line */
export async function runSmall(name: string): Promise<SmallResult> {
  return await runBench(name, '--small');
}

/** Runs a benchmark as a user does, once. @returns the object of its last line */
export async function runBench(name: string, ...options: string[]): Promise<SmallResult> {
  const command = [process.execPath, 'bench/run.ts', name, '--runs', '1', ...options];
  const { exitCode, err, out } = await run(command, { cwd: projectFolder });
  expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as SmallResult;
}

/** The benchmark's own arithmetic. Its times are not looked at: they are the machine's. */
export function expectArithmetic(result: SmallResult, name: string, { small = true } = {}): void {
  expect(result).toMatchObject({ bench: name, runs: 1, small });
  expect(result.figures.length).toBeGreaterThan(0);
  const [first] = result.figures;
  expect(result).toMatchObject({ ours: first?.ours, reference: first?.reference, ratio: first?.ratio });
  for (const { ours, reference, ratio, spread } of result.figures) {
    expect(Number.isFinite(ours) && Number.isFinite(reference)).toBe(true);
    // Of one run the median is the run.
    expect(spread.ours).toEqual({ least: ours, most: ours });
    // Figures are rounded to four digits; a small run's memory may even shrink.
    if (reference !== 0 && ratio !== null)
      expect(Math.abs(ratio - ours / reference)).toBeLessThanOrEqual(0.02 * Math.abs(ratio) + 0.001);
  }
}
