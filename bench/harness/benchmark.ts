import type { Figure, Measured, Runs } from './result.ts';

/** How large one run is. */
export interface Scale {
  readonly small: boolean;
  /** The parts to run of a benchmark that has such; all unless told. */
  readonly cells?: readonly string[];
}

/** One benchmark: what it measures, and one run of one side. */
export interface Benchmark {
  readonly name: string;
  readonly doc: string;
  readonly figures: readonly [Figure, ...Figure[]];
  /** How many runs of each side, unless the command says otherwise. */
  readonly runs: number;
  /** What is measured; `ours` and `reference` are always among it. */
  sides(): readonly string[];
  measure(side: string, scale: Scale): Promise<Measured>;
  /** Stops what was kept between runs. */
  close?(): Promise<void>;
}

/**
 * Measures the sides in turns, ours, reference, reference, ours, so that disturbances of the machine affect both, and
 * neither is always the second.
 */
export async function interleave(
  benchmark: Benchmark,
  options: { runs: number; scale: Scale; say: (line: string) => void },
): Promise<Runs> {
  const { runs, scale, say } = options;
  const sides = benchmark.sides();
  const results: Record<string, Measured[]> & { ours: Measured[]; reference: Measured[] } = {
    ours: [],
    reference: [],
  };
  try {
    for (let run = 1; run <= runs; run += 1) {
      for (const side of run % 2 === 1 ? sides : sides.toReversed()) {
        const measured = await benchmark.measure(side, scale);
        results[side] = [...(results[side] ?? []), measured];
        say(`${benchmark.name} ${run}/${runs} ${side}: ${describe(measured)}`);
      }
    }
    return results;
  } finally {
    await benchmark.close?.();
  }
}

function describe(measured: Measured): string {
  return Object.entries(measured)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');
}
