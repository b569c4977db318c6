import type { CellFigures } from './figures.ts';

/** A cell on both sides. */
export interface CellResult {
  readonly name: string;
  readonly ours: CellFigures;
  readonly reference: CellFigures;
}

const columns: readonly [name: string, read: (figures: CellFigures) => string][] = [
  ['freezes', ({ freezes, frozenSeconds }) => `${freezes}, ${frozenSeconds.toFixed(1)} s`],
  ['frames/s', ({ framesPerSecond }) => framesPerSecond.toFixed(0)],
  ['lines', ({ lines }) => String(lines)],
  ['concealed', ({ concealed }) => `${(100 * concealed).toFixed(1)} %`],
  ['settles', ({ settlesSeconds }) => `${settlesSeconds.toFixed(1)} s`],
  ['returns', ({ returnsSeconds }) => `${returnsSeconds.toFixed(1)} s`],
  ['other frozen', ({ otherFrozenSeconds }) => `${otherFrozenSeconds.toFixed(1)} s`],
];

/** What two runs of the same cell may differ by. */
const noise = { frozenSeconds: 0.5, concealed: 0.01 } as const;

/** Whether one side froze or made up more than the other, by more than chance. */
export function isWorse(one: CellFigures, other: CellFigures): boolean {
  return (
    one.frozenSeconds > other.frozenSeconds + noise.frozenSeconds ||
    one.concealed > other.concealed + noise.concealed
  );
}

/** Rows of the grid as Markdown: ours / Janus in each column. */
export function tableOf(results: readonly CellResult[], withHead = true): string {
  const head = ['cell', ...columns.map(([name]) => name), 'wrongly good'];
  const rows = results.map(({ name, ours, reference }) => [
    name,
    ...columns.map(([, read]) => `${read(ours)} / ${read(reference)}`),
    `${(ours.wronglyGoodSeconds ?? 0).toFixed(1)} s`,
  ]);
  return [...(withHead ? [head, head.map(() => '---')] : []), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
