import { alertRules, recordingRules } from './rules.ts';
import { runbookPage } from './runbook.ts';

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
    `          runbook_url: ${quote(runbookOf(alert))}`,
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

/**
 * Where it says what an alert means and what to do: on the Prometheus that sends the alert, which serves
 * metrics/prometheus/consoles. Whoever can be woken by it can reach it, also when the node is down.
 * https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 */
export function runbookOf(alert: string): string {
  return `{{ $externalURL }}/consoles/${runbookPage}#${alert.toLowerCase()}`;
}

/** A YAML string in single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
