import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { allMetrics, metrics as collection } from '../../metrics/collection.ts';
import type { Collector } from '../../metrics/collector.ts';
import { processCollector } from '../../metrics/collectors/process.ts';
import { metrics, rooms } from '../../metrics/collectors/rooms.ts';
import { metrics as signaling } from '../../metrics/collectors/signaling.ts';
import { counter, cross, mostSeries, open } from '../../metrics/define.ts';
import { Page } from '../../metrics/page.ts';
import { serverActor } from '../../src/core/actors.ts';
import type { MediaObject } from '../../src/sfu/rooms/media-index.ts';
import { startServer } from '../support/server.ts';
import { collecting, promtool, readPage, scrape, sumOf } from './support.ts';

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

const fail = () => {
  throw new Error('no such file');
};

/** How a collector can fail, beside one that is fine. */
const failures: Readonly<Record<string, Collector['start']>> = {
  'at its start': fail,
  'at a scrape': ({ onScrape }) => onScrape(fail),
  'at an event': ({ onEvent }) => onEvent('drainCancelled', fail),
  'at an event of signaling': ({ onSignalingEvent }) => onSignalingEvent('socketOpened', fail),
  'when it takes up an object': ({ onSample }) => onSample('dataProducer', fail),
  'at a sample': ({ onSample }) => onSample('dataProducer', () => ({ sample: fail })),
  'when it counts an object': ({ onSample }) => onSample('dataProducer', () => ({ count: fail })),
  'when an object closes': ({ onSample }) => onSample('dataProducer', () => ({ closed: fail })),
};

for (const [when, start] of Object.entries(failures)) {
  test(`a collector that fails ${when} is reported, and the others fill the page`, async () => {
    const fine: string[] = [];
    const witness: Collector = {
      ...rooms,
      start({ page, onEvent, onScrape, onSample }) {
        onEvent('drainCancelled', () => fine.push('event'));
        onScrape(() => page.set(metrics.rooms, 7));
        onSample('dataProducer', () => ({
          sample: () => fine.push('sample'),
          count: () => fine.push('count'),
          closed: () => fine.push('closed'),
        }));
      },
    };
    const { sfu, signalingEvents, sampler, errors, text } = collecting(
      { ...processCollector, start },
      witness,
    );
    sfu.events.emit('drainCancelled', { by: serverActor });
    signalingEvents.emit('socketOpened', { roomId: 'a', peerId: 'b' });
    sfu.media.add(dataProducer);
    await sampler.pass({ hurry: true });
    sfu.media.remove(dataProducer.id);
    const failed = await text();
    expect(sumOf(failed, collection.success.name, { collector: 'process' })).toBe(0);
    expect(sumOf(failed, collection.success.name, { collector: 'rooms' })).toBe(1);
    expect(sumOf(failed, metrics.rooms.name)).toBe(7);
    expect(errors).toHaveLength(1);
    expect(fine).toEqual(['event', 'sample', 'count', 'closed']);
    // What did not start stays broken; what threw once has to throw again.
    const lasting = when === 'at its start' || when === 'at a scrape';
    expect(sumOf(await text(), collection.success.name, { collector: 'process' })).toBe(lasting ? 0 : 1);
  });
}

const dataProducer = {
  object: 'dataProducer',
  id: 'channel',
  transportId: 'transport',
  roomId: 'room',
  peerId: 'peer',
  sessionId: 'session',
  worker: 0,
  state: () => ({ label: 'chat' }),
  statistics: async () => [],
} as const satisfies MediaObject<'dataProducer'>;

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
  for (const total of [5, 9, 2, 11]) page.raise(signaling.notifications, total);
  expect(sumOf(await page.text(), signaling.notifications.name)).toBe(11);
});
