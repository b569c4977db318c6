import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { runCollectors } from '../../metrics/collectors/run.ts';
import { counter, cross, mostSeries, open } from '../../metrics/definitions/define.ts';
import { allMetrics, monitoring, rooms, server as serverMetrics } from '../../metrics/definitions/index.ts';
import { Page } from '../../metrics/page.ts';
import { startServer } from '../support/server.ts';
import { promtool, readPage, scrape, sumOf } from './support.ts';

const golden = join(import.meta.dir, 'page.golden.txt');

/** Names, help, types and labels of all metrics, one a line. */
function shape(): string {
  return allMetrics
    .map(({ name, type, labels, help }) => `${name} ${type} {${labels.names.join(', ')}} ${help}`)
    .sort()
    .concat('')
    .join('\n');
}

test('the names, help, types and labels of the page are those that were reviewed', async () => {
  const written = await Bun.file(golden)
    .text()
    .catch(() => '');
  if (process.env.UPDATE_GOLDEN) await Bun.write(golden, shape());
  else expect(shape(), 'run with UPDATE_GOLDEN=1 and review the difference').toBe(written);
});

test('a server shows every metric of the table with its help and type, and nothing else', async () => {
  await using server = await startServer();
  const page = readPage(await scrape(server));
  expect([...page.keys()].sort()).toEqual(allMetrics.map(({ name }) => name).sort());
  for (const { name, help, type } of allMetrics) {
    expect(page.get(name)).toMatchObject({ help, type });
  }
});

test('promtool has nothing to say about the page of a server', async () => {
  await using server = await startServer();
  const text = await scrape(server);
  expect(await promtool(['check', 'metrics'], text)).toEqual({ exitCode: 0, output: '' });
});

test('OpenMetrics is given to those who ask for it, with the names that it wants', async () => {
  await using server = await startServer();
  const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: { accept } });
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0');
  expect(text).toContain('# TYPE tureen_rooms_opened counter\n');
  expect(text).toMatch(/^tureen_rooms_opened_total\{.*\} 0$/m);
  expect(text.endsWith('\n# EOF\n')).toBe(true);
  expect(text).not.toContain('\n\n');
  // The plain page has its own names afterwards as before.
  expect(await scrape(server)).toContain('# TYPE tureen_rooms_opened_total counter');
});

test('every series names its node and its region', async () => {
  await using server = await startServer({ TUREEN_NODE: 'kitchen-1', TUREEN_REGION: 'ams' });
  const lines = (await scrape(server)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.filter((line) => !line.includes('node="kitchen-1",region="ams"'))).toEqual([]);
});

test('a collector that fails is told, and the others fill the page', async () => {
  const page = new Page(allMetrics);
  const errors: unknown[] = [];
  const fine = () => page.set(rooms.rooms, 7);
  const broken = () => {
    throw new Error('no such file');
  };
  runCollectors(
    page,
    {
      process: broken,
      rooms: fine,
      speakers: fine,
      workers: fine,
      signaling: fine,
      webhooks: fine,
      node: fine,
    },
    (error) => errors.push(error),
  );
  const text = await page.text();
  expect(sumOf(text, 'tureen_rooms')).toBe(7);
  expect(sumOf(text, monitoring.collectorSuccess.name, { collector: 'process' })).toBe(0);
  expect(sumOf(text, monitoring.collectorSuccess.name, { collector: 'rooms' })).toBe(1);
  expect(errors).toHaveLength(1);
});

test('values that a definition does not foresee become other, and open labels stop at their bound', async () => {
  const closed = counter({
    name: 'closed_total',
    help: 'A test.',
    source: 'event',
    labels: cross({ reason: ['known', 'other'] }),
  });
  const opened = counter({ name: 'open_total', help: 'A test.', source: 'event', labels: open('name', 3) });
  const page = new Page([closed, opened]);
  for (let index = 0; index < 1000; index += 1) {
    page.add(closed, 1, { reason: `made up ${index}` });
    page.add(opened, 1, { name: `name ${index}` });
  }
  const text = await page.text();
  expect(sumOf(text, 'closed_total', { reason: 'other' })).toBe(1000);
  expect(sumOf(text, 'open_total', { name: 'other' })).toBe(997);
  expect(readPage(text).get('open_total')?.series.size).toBe(mostSeries(opened));
});

test('a counter follows the total of another and never goes down with it', async () => {
  const page = new Page(allMetrics);
  for (const total of [5, 9, 2, 11]) page.raise(serverMetrics.notifications, total);
  expect(sumOf(await page.text(), serverMetrics.notifications.name)).toBe(11);
});
