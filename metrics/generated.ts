import { renderBoards } from './grafana/render.ts';
import { renderRules } from './prometheus/render.ts';
import { renderRunbook, runbookPage } from './prometheus/runbook.ts';

/** Files that are made from the definitions, beside the pages of docs/: what they hold by their path from the root. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const boards = Object.entries(renderBoards()).map(([name, text]) => [
    `metrics/grafana/dashboards/${name}`,
    text,
  ]);
  return {
    ...Object.fromEntries(boards),
    'metrics/prometheus/rules.yml': renderRules(),
    [`metrics/prometheus/consoles/${runbookPage}`]: renderRunbook(),
  };
}
