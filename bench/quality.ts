import { ensurePackages } from '../scripts/machine/packages.ts';
import type { Benchmark, Scale } from './harness/benchmark.ts';
import type { Measured } from './harness/result.ts';
import { mean } from './harness/statistics.ts';
import { cells, cellsNamed, smallCells } from './quality/cells.ts';
import type { CellFigures } from './quality/figures.ts';
import { Places } from './quality/places.ts';
import { type CellResult, isWorse, tableOf } from './quality/table.ts';

/** For how long a page may say "good" in a cell until it counts: a reading of its own takes two seconds. */
const wronglyGoodAtMost = 2;

let measured: Promise<readonly CellResult[]> | undefined;

/** What a person sees and hears of a call over a bad network, beside Janus. */
export const quality: Benchmark = {
  name: 'quality',
  doc: 'a call over bad networks, in Chromium, against Janus: freezes, frames, lines, sound that is made up; --cells NAME,NAME',
  figures: [
    { name: 'frozen', unit: 'seconds a cell, mean', goal: { atMost: 1 } },
    { name: 'concealed', unit: 'share of the sound, mean', goal: { atMost: 1 } },
    { name: 'worse', unit: 'cells that are worse than on the other side', goal: { oursAtMost: 0 } },
    { name: 'wrongly_good', unit: 'cells in which the page said good for too long', goal: { oursAtMost: 0 } },
    { name: 'other_frozen', unit: 'seconds a cell of who has a good network, mean' },
  ],
  runs: 1,
  sides: () => ['ours', 'reference'],
  async measure(side, scale) {
    // Both are measured cell by cell, so that what else happens on the machine affects both.
    if (side === 'ours' || !measured) measured = measureAll(scale);
    const results = await measured;
    return side === 'ours' ? summary(results, 'ours', 'reference') : summary(results, 'reference', 'ours');
  },
};

async function measureAll({ small, cells: named }: Scale): Promise<CellResult[]> {
  await ensurePackages(['janus', 'chromium', 'espeak-ng', 'iproute2'], 'for the benchmark quality');
  const chosen = named || small ? cellsNamed(named ?? smallCells) : cells;
  await using places = await Places.make();
  const results: CellResult[] = [];
  for (const [index, cell] of chosen.entries()) {
    const both: Partial<Record<'ours' | 'janus', CellFigures>> = {};
    for (const side of index % 2 === 0 ? (['ours', 'janus'] as const) : (['janus', 'ours'] as const))
      both[side] = await places.measure(side, cell);
    const { ours, janus } = both as Required<typeof both>;
    results.push({ name: cell.name, ours, reference: janus });
    console.error(tableOf(results.slice(-1), index === 0));
  }
  return results;
}

function summary(
  results: readonly CellResult[],
  side: 'ours' | 'reference',
  other: 'ours' | 'reference',
): Measured {
  const figures = results.map((result) => result[side]);
  return {
    frozen: mean(figures.map(({ frozenSeconds }) => frozenSeconds)),
    concealed: mean(figures.map(({ concealed }) => concealed)),
    worse: results.filter((result) => isWorse(result[side], result[other])).length,
    wrongly_good: figures.filter(({ wronglyGoodSeconds = 0 }) => wronglyGoodSeconds > wronglyGoodAtMost)
      .length,
    other_frozen: mean(figures.map(({ otherFrozenSeconds }) => otherFrozenSeconds)),
  };
}
