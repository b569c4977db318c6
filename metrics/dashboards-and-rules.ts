import type { Metric } from './define.ts';
import { boards } from './grafana/boards/index.ts';
import { alertRules, recordingRules } from './prometheus/rules.ts';

interface Use {
  readonly where: string;
  readonly expr: string;
}

const uses: readonly Use[] = [
  ...boards.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ expr }) => ({
          where: `${title.replace('Tureen / ', '')}: ${panel.title}`,
          expr,
        })),
      ),
    ),
  ),
  ...alertRules.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })),
  ...recordingRules.map(({ record, expr }) => ({ where: `rule ${record}`, expr })),
];

/** The panels, alerts and recording rules that read a metric. */
export function usesOf({ name }: Metric): string[] {
  const named = new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`);
  return [...new Set(uses.filter(({ expr }) => named.test(expr)).map(({ where }) => where))];
}
