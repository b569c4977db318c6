import { median, round } from './statistics.ts';

/** One thing that a benchmark measures on each side. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What is aimed at: a ratio ours / reference, or how much more ours may be, or what it may or has to be, in the figure's unit. */
  readonly goal?:
    | { readonly atMost: number }
    | { readonly atLeast: number }
    | { readonly addsAtMost: number }
    | { readonly oursAtMost: number }
    | { readonly oursAtLeast: number };
  /** A small run does not measure it. */
  readonly notSmall?: boolean;
}

/** The result of one run of one side, by the names of the figures. */
export type Measured = Readonly<Record<string, number>>;

/** The runs of each side, in the order in which they ran. */
export interface Runs {
  readonly ours: readonly Measured[];
  readonly reference: readonly Measured[];
  /** Others that were measured in the same run, for comparison. */
  readonly [beside: string]: readonly Measured[];
}

interface Spread {
  readonly least: number;
  readonly most: number;
}

/** One figure of the result: medians of the runs, their ratio and the spread of the runs. */
export interface FigureResult {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  /** ours / reference */
  readonly ratio: number;
  readonly spread: Readonly<Record<string, Spread>>;
  readonly beside?: Readonly<Record<string, number>>;
  readonly goal?: Figure['goal'];
  readonly reached?: boolean;
}

/** The last line that a benchmark prints. The first figure is at the top level, all figures are below it. */
export interface BenchResult extends Omit<FigureResult, 'name'> {
  readonly bench: string;
  readonly runs: number;
  readonly small: boolean;
  readonly figures: readonly FigureResult[];
}

/** Condenses the runs of a benchmark. @throws Error when a run lacks a figure */
export function summarize(
  bench: string,
  figures: readonly [Figure, ...Figure[]],
  runs: Runs,
  small: boolean,
): BenchResult {
  const measured = figures.filter(({ notSmall }) => !(small && notSmall));
  const results = measured.map((figure) => summarizeFigure(figure, runs));
  const [first] = results as [FigureResult];
  const { name: _name, ...top } = first;
  return { bench, ...top, runs: runs.ours.length, small, figures: results };
}

function summarizeFigure(figure: Figure, runs: Runs): FigureResult {
  const { name, unit, goal } = figure;
  const middle = (side: string) => median(valuesOf(figure, side, runs));
  const ratio = middle('ours') / middle('reference');
  const others = Object.keys(runs).filter((side) => side !== 'ours' && side !== 'reference');
  const spread = Object.fromEntries(
    Object.keys(runs).map((side) => [side, spreadOf(valuesOf(figure, side, runs))]),
  );
  return {
    name,
    unit,
    ours: round(middle('ours')),
    reference: round(middle('reference')),
    ratio: round(ratio),
    spread,
    ...(others.length > 0 && {
      beside: Object.fromEntries(others.map((side) => [side, round(middle(side))])),
    }),
    ...(goal && {
      goal,
      reached: isReached(goal, { ours: middle('ours'), reference: middle('reference') }),
    }),
  };
}

function isReached(
  goal: NonNullable<Figure['goal']>,
  { ours, reference }: { ours: number; reference: number },
) {
  if ('oursAtMost' in goal) return ours <= goal.oursAtMost;
  if ('oursAtLeast' in goal) return ours >= goal.oursAtLeast;
  if ('addsAtMost' in goal) return ours - reference <= goal.addsAtMost;
  const ratio = ours / reference;
  return 'atMost' in goal ? ratio <= goal.atMost : ratio >= goal.atLeast;
}

function valuesOf({ name }: Figure, side: string, runs: Runs): number[] {
  return (runs[side] ?? []).map((measured) => {
    const value = measured[name];
    if (value === undefined || !Number.isFinite(value)) {
      throw new Error(`a run of ${side} gave no ${name}; it gave ${JSON.stringify(measured)}`);
    }
    return value;
  });
}

function spreadOf(values: readonly number[]): Spread {
  return { least: round(Math.min(...values)), most: round(Math.max(...values)) };
}
