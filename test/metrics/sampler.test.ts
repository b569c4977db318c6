import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { allMetrics } from '../../metrics/definitions/index.ts';
import { Page } from '../../metrics/page.ts';
import { HighWater } from '../../metrics/sampler/high-water.ts';
import { Lane, sliceSize } from '../../metrics/sampler/lane.ts';
import { Sampler } from '../../metrics/sampler/sampler.ts';
import type { Subject } from '../../metrics/sampler/subject.ts';
import type { Server } from '../../src/server.ts';
import { TestClock } from '../support/clock.ts';
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

test('a total that goes down counts again only from where it was highest', () => {
  const water = new HighWater<'lost'>();
  expect([3, 5, 4, 5, 8, Number.NaN].map((total) => water.rise('lost', total))).toEqual([3, 2, 0, 0, 3, 0]);
});

test('never more than one slice of requests is in flight to a worker, however many objects it has', async () => {
  const page = new Page(allMetrics);
  const lane = new Lane(fakeWorker(), 0, page);
  let inFlight = 0;
  let most = 0;
  for (let index = 0; index < sliceSize * 5 + 3; index += 1) {
    lane.subjects.add(
      fakeSubject(async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await Promise.resolve();
        inFlight -= 1;
      }),
    );
  }
  const rests: number[] = [];
  expect(await lane.pass(async (_took, slices) => void rests.push(slices))).toBe(false);
  expect(most).toBe(sliceSize);
  expect(rests).toEqual([6, 6, 6, 6, 6, 6]);
  expect(sumOf(await page.text(), 'tureen_sampler_requests_total', { result: 'ok' })).toBe(sliceSize * 5 + 3);
});

test('a big room that ends asks for a bounded number of last samples, and says how many it left out', async () => {
  const page = new Page(allMetrics);
  const lane = new Lane(fakeWorker(), 0, page);
  let asked = 0;
  const never = new Promise<void>(() => {});
  const subjects = Array.from({ length: 2000 }, () =>
    fakeSubject(() => {
      asked += 1;
      return never;
    }),
  );
  for (const subject of subjects) void lane.lastSample(subject, 'consumer');
  expect(asked).toBe(500);
  expect(sumOf(await page.text(), 'tureen_sampler_last_samples_skipped_total')).toBe(1500);
});

test('the sampler slows down while the loop or a worker is busy, and comes back', async () => {
  const page = new Page(allMetrics);
  let lag = 500;
  const lane = new Lane(fakeWorker(), 0, page);
  const census = { lanes: new Map([[lane.worker, lane]]) };
  const options = {
    page,
    census,
    clock: new TestClock(),
    loopLag: { worst: () => lag },
    intervalSeconds: 10,
  };
  const sampler = new Sampler({ ...options, onError: () => {} });
  const intervals: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    await sampler.pass();
    intervals.push(sampler.interval);
  }
  lag = 0;
  for (let count = 0; count < 4; count += 1) {
    await sampler.pass();
    intervals.push(sampler.interval);
  }
  sampler.close();
  expect(intervals).toEqual([20, 40, 80, 80, 80, 40, 20, 10, 10]);
  expect(sumOf(await page.text(), 'tureen_sampler_interval_seconds')).toBe(10);
});

test('a worker that does not answer does not keep the sampler from the others', async () => {
  const page = new Page(allMetrics);
  const stuck = new Lane(fakeWorker(), 0, page);
  stuck.subjects.add(fakeSubject(() => new Promise(() => {})));
  const fine = new Lane(fakeWorker(), 1, page);
  let samples = 0;
  fine.subjects.add(
    fakeSubject(async () => {
      samples += 1;
    }),
  );
  const lanes = new Map([stuck, fine].map((lane) => [lane.worker, lane]));
  const clock = new TestClock();
  const loopLag = { worst: () => 0 };
  const sampler = new Sampler({
    page,
    census: { lanes },
    clock,
    loopLag,
    intervalSeconds: 1,
    onError: () => {},
  });
  for (let round = 1; round <= 3; round += 1) {
    clock.advance(8000);
    await until(() => samples >= round, 'another sample');
  }
  sampler.close();
});

test('transports are counted by the state of ICE, DTLS and data channels', async () => {
  await using world = await createWorld({ environment: quiet });
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

function fakeWorker(): types.Worker {
  const usage = { ru_utime: 1, ru_stime: 1 };
  return { closed: false, getResourceUsage: async () => usage } as unknown as types.Worker;
}

function fakeSubject(sample: () => Promise<void>): Subject {
  return { id: 'fake', closed: false, quality: {}, sample, tally: () => {} };
}
