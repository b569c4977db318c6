import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { metricsPage } from '../../docs/metrics-page.ts';
import { allMetrics } from '../../metrics/collection.ts';
import { generatedFiles } from '../../metrics/generated.ts';
import { boards } from '../../metrics/grafana/boards/index.ts';

const root = join(import.meta.dir, '..', '..');

interface BoardJson {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly links: readonly { readonly url?: string; readonly tags: readonly string[] }[];
}

interface PanelJson {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: unknown; readonly noValue?: string };
  };
  readonly targets?: readonly { readonly expr: string }[];
  readonly datasource?: { readonly uid: string };
}

async function committed(): Promise<BoardJson[]> {
  const folder = join(root, 'metrics/grafana/dashboards');
  const names = await readdir(folder);
  return await Promise.all(
    names.map(async (name) => (await Bun.file(join(folder, name)).json()) as BoardJson),
  );
}

test('the committed dashboards and rules are those that the definitions give', async () => {
  for (const [path, text] of Object.entries(generatedFiles())) {
    expect(await Bun.file(join(root, path)).text(), `${path}: run npm run generate`).toBe(text);
  }
  expect((await committed()).map(({ uid }) => uid).sort()).toEqual(boards.map(({ uid }) => uid).sort());
});

test('every panel says what it shows, in a unit, with thresholds, from the data source that was chosen', async () => {
  for (const { title, panels } of await committed()) {
    for (const panel of panels.filter(({ type }) => type !== 'row')) {
      const where = `${title} / ${panel.title}`;
      expect(panel.description?.length ?? 0, where).toBeGreaterThan(15);
      expect(panel.fieldConfig?.defaults.unit, where).toBeTruthy();
      expect(panel.fieldConfig?.defaults.thresholds, where).toBeTruthy();
      expect(panel.fieldConfig?.defaults.noValue?.length ?? 0, where).toBeGreaterThan(5);
      expect(panel.targets?.length, where).toBeGreaterThan(0);
      expect(panel.datasource?.uid, where).toBe(`\${datasource}`);
    }
  }
});

test('what has no observation is nothing, and never not a number', async () => {
  for (const { title, panels } of await committed()) {
    for (const { title: panel, targets = [] } of panels) {
      for (const { expr } of targets) {
        if (/histogram_quantile/.test(expr)) expect(expr, `${title} / ${panel}`).toContain('> -Inf');
      }
    }
  }
});

test('no two panels of a dashboard lie on each other, and none is too wide', async () => {
  for (const { panels } of await committed()) {
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), `${title} at ${x} ${y}`).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  }
});

test('every dashboard can choose data source, region and node, and leads to the others and to the admin page', async () => {
  for (const { templating, links } of await committed()) {
    expect(templating.list.map(({ name }) => name)).toEqual([
      'datasource',
      'region',
      'node',
      'dashboard',
      'metrics',
      'room',
    ]);
    expect(links.some(({ tags }) => tags.includes('tureen'))).toBe(true);
    expect(links.some(({ url }) => url === `\${dashboard}`)).toBe(true);
    expect(links.some(({ url }) => url === `\${metrics}/rooms/\${room}`)).toBe(true);
  }
});

test('docs/metrics.md lists every metric and is fresh', async () => {
  const text = await Bun.file(join(root, 'docs/metrics.md')).text();
  expect(text).toBe(metricsPage());
  for (const { name } of allMetrics) expect(text).toContain(`\`${name}\``);
});
