import { alertRules, recordingRules } from './rules.ts';

/** rules.yml, as Prometheus and promtool read it. */
export function renderRules(): string {
  const records = recordingRules.flatMap(({ record, expr, doc }) => [
    `      # ${doc}`,
    `      - record: ${record}`,
    `        expr: ${quote(expr)}`,
  ]);
  const alerts = alertRules.flatMap(({ alert, expr, for: duration, severity, summary }) => [
    `      - alert: ${alert}`,
    `        expr: ${quote(expr)}`,
    `        for: ${duration}`,
    '        labels:',
    `          severity: ${severity}`,
    '        annotations:',
    `          summary: ${quote(summary)}`,
    `          runbook: ${quote(runbookOf(alert))}`,
  ]);
  return [
    '# Made from metrics/prometheus/rules.ts by `npm run generate`; change it there.',
    'groups:',
    '  - name: tureen-recording',
    '    rules:',
    ...records,
    '  - name: tureen-alerts',
    '    rules:',
    ...alerts,
    '',
  ].join('\n');
}

/** Where docs/operations.md says what an alert means and what to do. */
export function runbookOf(alert: string): string {
  return `docs/operations.md#${alert.toLowerCase()}`;
}

/** A YAML string in single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
