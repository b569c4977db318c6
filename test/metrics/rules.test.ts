import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMetrics } from '../../metrics/collection.ts';
import { usesOf } from '../../metrics/dashboards-and-rules.ts';
import { renderRules, runbookOf } from '../../metrics/prometheus/render.ts';
import type { AlertRule } from '../../metrics/prometheus/rule.ts';
import { alertRules } from '../../metrics/prometheus/rules.ts';
import type { Series } from './rule-case.ts';
import { cases } from './rule-cases.ts';
import { promtool } from './support.ts';

setDefaultTimeout(120_000);

const root = join(import.meta.dir, '..', '..');

test('the committed rules are those that the definitions give, and promtool takes them', async () => {
  const path = join(root, 'metrics/prometheus/rules.yml');
  expect(await Bun.file(path).text()).toBe(renderRules());
  expect((await promtool(['check', 'rules', path])).output).toContain('SUCCESS');
});

test('the committed configuration of Prometheus is one that it takes', async () => {
  const { exitCode, output } = await promtool([
    'check',
    'config',
    join(root, 'metrics/prometheus/prometheus.yml'),
  ]);
  expect(output).toContain('SUCCESS');
  expect(exitCode).toBe(0);
});

test('every alert has a case in which it fires and one in which it stays silent', () => {
  expect(Object.keys(cases).sort()).toEqual(alertRules.map(({ alert }) => alert).sort());
});

test('every alert fires when it should and stays silent when it should', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-rules-'));
  try {
    await Bun.write(join(folder, 'rules.yml'), renderRules());
    // All of them in one run, since promtool takes longer to start than to look at an alert. What takes hours is looked at
    // less often: each look works out every rule.
    const isLong = ({ alert }: AlertRule) => cases[alert]?.at.endsWith('h') ?? false;
    const files = await Promise.all(
      [true, false].map(async (long) => {
        const tests = alertRules.filter((rule) => isLong(rule) === long).flatMap(testsOf);
        const evaluation_interval = long ? '5m' : '1m';
        const path = join(folder, `${evaluation_interval}.yml`);
        // JSON is YAML as well.
        await Bun.write(path, JSON.stringify({ rule_files: ['rules.yml'], evaluation_interval, tests }));
        return path;
      }),
    );
    const { exitCode, output } = await promtool(['test', 'rules', ...files]);
    expect(output.match(/SUCCESS/g), output).toHaveLength(files.length);
    expect(exitCode).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** What promtool is to see of an alert. */
function testsOf({ alert, severity, summary }: AlertRule): object[] {
  const own = cases[alert];
  if (!own) throw new Error(`${alert} has no case in rule-cases.ts`);
  // promtool has no address of its own.
  const runbook_url = runbookOf(alert).replace('{{ $externalURL }}', '');
  const annotations = { summary: fill(summary, own.labels), runbook_url };
  const fired = [{ exp_labels: { severity, ...own.labels }, exp_annotations: annotations }];
  const rule = (name: string, series: readonly Series[], expected: unknown[]) => ({
    name,
    interval: '1m',
    input_series: series.map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ alertname: alert, eval_time: own.at, exp_alerts: expected }],
  });
  return [rule(`${alert} fires`, own.fires, fired), rule(`${alert} is silent`, own.silent, [])];
}

test('every alert has a heading in docs/operations.md that says what it means and what to do', async () => {
  const text = await Bun.file(join(root, 'docs/operations.md')).text();
  const chapters = new Map(text.split(/^### /m).map((part) => [part.split('\n')[0], part]));
  for (const { alert } of alertRules) {
    expect(chapters.get(alert)?.length ?? 0, `docs/operations.md lacks ### ${alert}`).toBeGreaterThan(200);
  }
});

test('every metric is on a panel or in a rule', () => {
  expect(allMetrics.filter((metric) => usesOf(metric).length === 0).map(({ name }) => name)).toEqual([]);
});

function fill(text: string, labels: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_all, name: string) => labels[name] ?? '');
}
