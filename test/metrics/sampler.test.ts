import { expect, test } from 'bun:test';
import { allMetrics } from '../../metrics/definitions/index.ts';
import { Page } from '../../metrics/page.ts';
import { Census } from '../../metrics/sampler/census.ts';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/signaling-client.ts';
import { createWorld } from '../support/world.ts';
import { DirectMedia, workerOf } from './media.ts';
import { growingSeries, scrape, scrapeUntil, sumOf } from './support.ts';

/** A server whose sampler runs only when a test says so. */
const quiet = { TUREEN_STATS_INTERVAL_SECONDS: '300' };
const pass = (server: Server) => server.measurements.sampler.pass({ hurry: true });

async function untilSum(server: Server, name: string, sum: number): Promise<void> {
  await scrapeUntil(server, (text) => sumOf(text, name) >= sum);
}

test('packets and bytes of producers and consumers are what was sent', async () => {
  await using server = await startServer(quiet);
  const media = await DirectMedia.on(workerOf(server));
  await Promise.all([media.consume(), media.consume(), media.consume()]);
  media.send(50);
  await media.producer.getStats();
  await pass(server);
  const text = await scrape(server);
  const audio = { kind: 'audio', codec: 'opus' };
  expect(sumOf(text, 'tureen_producer_packets_total', { ...audio, source: 'audio' })).toBe(50);
  expect(sumOf(text, 'tureen_producer_bytes_total', audio)).toBe(50 * 112);
  expect(sumOf(text, 'tureen_consumer_packets_total', audio)).toBe(150);
  expect(sumOf(text, 'tureen_producers', { ...audio, state: 'flowing' })).toBe(1);
  expect(sumOf(text, 'tureen_consumers', { ...audio, state: 'flowing' })).toBe(3);
  expect(sumOf(text, 'tureen_stream_score_count', { side: 'consumer' })).toBe(3);
  // A transport counts what is around the packets as well.
  const inRtp = sumOf(text, 'tureen_transport_bytes_total', { direction: 'in', content: 'rtp' });
  expect(inRtp).toBeGreaterThanOrEqual(50 * 112);
});

test('a second pass counts only what is new', async () => {
  await using server = await startServer(quiet);
  const media = await DirectMedia.on(workerOf(server));
  for (const packets of [10, 0, 5]) {
    media.send(packets);
    await pass(server);
  }
  expect(sumOf(await scrape(server), 'tureen_producer_packets_total')).toBe(15);
});

const endings: Readonly<Record<string, (media: DirectMedia) => void>> = {
  'its producer closes': ({ producer }) => producer.close(),
  'its transport closes': ({ sending }) => sending.close(),
  'the router of its room closes': ({ router }) => router.close(),
};

for (const [ending, end] of Object.entries(endings)) {
  test(`what a stream did since its last sample is counted when ${ending}`, async () => {
    await using server = await startServer(quiet);
    const media = await DirectMedia.on(workerOf(server));
    await Promise.all([media.consume(), media.consume()]);
    media.send(10);
    await pass(server);
    media.send(30);
    end(media);
    await untilSum(server, 'tureen_producer_packets_total', 40);
    await untilSum(server, 'tureen_consumer_packets_total', 80);
    const text = await scrape(server);
    expect(sumOf(text, 'tureen_producer_packets_total')).toBe(40);
    expect(sumOf(text, 'tureen_consumer_packets_total')).toBe(80);
  });
}

test('what a consumer did since its last sample is counted when it closes, and the others go on', async () => {
  await using server = await startServer(quiet);
  const media = await DirectMedia.on(workerOf(server));
  const [first] = await Promise.all([media.consume(), media.consume()]);
  media.send(10);
  first.close();
  await untilSum(server, 'tureen_consumer_packets_total', 10);
  media.send(10);
  await pass(server);
  expect(sumOf(await scrape(server), 'tureen_consumer_packets_total')).toBe(30);
});

test('closing waits for no statistics', async () => {
  await using server = await startServer(quiet);
  const media = await DirectMedia.on(workerOf(server));
  media.send(10);
  media.producer.close();
  expect(media.producer.closed).toBe(true);
  media.sending.close();
  expect(media.sending.closed).toBe(true);
  await untilSum(server, 'tureen_producer_packets_total', 10);
});

test('counters never go down over the life and death of peers, producers, rooms and workers', async () => {
  const world = await createWorld({ environment: quiet });
  await using server = world.server as typeof world.server & AsyncDisposable;
  let last = new Map<string, number>();
  const look = async () => {
    await pass(server);
    const now = growingSeries(await scrape(server));
    const lower = [...last].filter(([series, value]) => !((now.get(series) ?? -1) >= value));
    expect(lower).toEqual([]);
    last = now;
  };
  await look();
  const media = await DirectMedia.on(workerOf(server));
  await media.consume();
  media.send(20);
  await look();
  media.producer.close();
  await look();
  await world.alice.request('closeProducer', { producerId: world.ids.producer ?? '' });
  await look();
  await world.alice.close();
  await look();
  server.sfu.closeRoom({ roomId: 'room', by: { kind: 'admin', id: 'root' } });
  await look();
  process.kill(workerOf(server).pid, 'SIGKILL');
  await until(() => server.measurements.census.lanes.size === 0, 'the death of the worker');
  await look();
  await until(() => server.sfu.pool.slots[0]?.live !== undefined, 'the new worker');
  const again = await DirectMedia.on(workerOf(server));
  again.send(5);
  await look();
  expect(sumOf(await scrape(server), 'tureen_producer_packets_total')).toBe(25);
  expect(last.size).toBeGreaterThan(500);
});

test('nothing is kept of transports that have ended, whether their worker lives or not', async () => {
  await using server = await startServer(quiet);
  const gone: string[] = [];
  const page = new Page(allMetrics);
  const census = new Census({ page, onMedia: () => {}, onTransportGone: (id) => gone.push(id) });
  const worker = workerOf(server);
  census.watch(worker, 0);
  const media = await DirectMedia.on(worker);
  const consumer = await media.consume();
  const ids = [media.sending.id, media.receiving.id];
  expect(census.find(consumer.id)?.id).toBe(consumer.id);
  media.sending.close();
  await until(() => gone.length === 1, 'the last sample of the transport');
  process.kill(worker.pid, 'SIGKILL');
  await until(() => census.lanes.size === 0, 'the death of the worker');
  expect(gone).toEqual(ids);
  for (const id of [...ids, consumer.id, media.producer.id]) expect(census.find(id)).toBeUndefined();
});

test('transports are counted by the state of ICE, DTLS and data channels', async () => {
  await using world = await createWorld({ environment: quiet });
  // The world waits for what alice receives alone.
  await world.bob.waitFor('newDataConsumer');
  await pass(world.server);
  const text = await scrape(world.server);
  expect(sumOf(text, 'tureen_transports_by_ice', { state: 'new', protocol: 'none' })).toBe(4);
  expect(sumOf(text, 'tureen_transports_by_dtls', { state: 'new' })).toBe(4);
  expect(sumOf(text, 'tureen_transports_opened_total')).toBe(4);
  expect(sumOf(text, 'tureen_data_producers')).toBe(2);
  expect(sumOf(text, 'tureen_data_consumers')).toBe(2);
  expect(
    sumOf(text, 'tureen_consumers_by_layer', { view: 'effective', dimension: 'spatial', layer: 'none' }),
  ).toBe(1);
});
