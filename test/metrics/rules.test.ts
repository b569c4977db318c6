import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMetrics } from '../../metrics/collection.ts';
import { usesOf } from '../../metrics/dashboards-and-rules.ts';
import { renderRules, runbookOf } from '../../metrics/prometheus/render.ts';
import { alertRules } from '../../metrics/prometheus/rules.ts';
import type { Series } from './rule-case.ts';
import { cases } from './rule-cases.ts';
import { promtool } from './support.ts';

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

for (const { alert, severity, summary } of alertRules) {
  test(`${alert} fires when it should and stays silent when it should`, async () => {
    const own = cases[alert];
    if (!own) throw new Error(`${alert} has no case in rule-cases.ts`);
    const annotations = { summary: fill(summary, own.labels), runbook: runbookOf(alert) };
    const fired = [{ exp_labels: { severity, ...own.labels }, exp_annotations: annotations }];
    const folder = await mkdtemp(join(tmpdir(), 'tureen-rules-'));
    await Bun.write(join(folder, 'rules.yml'), renderRules());
    const rule = (series: readonly Series[], expected: unknown[]) => ({
      interval: '1m',
      input_series: series.map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ alertname: alert, eval_time: own.at, exp_alerts: expected }],
    });
    const tests = [rule(own.fires, fired), rule(own.silent, [])];
    // JSON is YAML as well.
    await Bun.write(join(folder, 'test.yml'), JSON.stringify({ rule_files: ['rules.yml'], tests }));
    const { exitCode, output } = await promtool(['test', 'rules', join(folder, 'test.yml')]);
    await rm(folder, { recursive: true, force: true });
    expect(output).toContain('SUCCESS');
    expect(exitCode).toBe(0);
  });
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
