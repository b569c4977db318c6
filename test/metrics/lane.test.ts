import { expect, test } from 'bun:test';
import { sampler as samplerCollector } from '../../metrics/collectors/sampler.ts';
import { HighWater } from '../../metrics/high-water.ts';
import { Subject } from '../../metrics/sampler/follower.ts';
import { Lane, type SamplerCounts, sliceSize } from '../../metrics/sampler/lane.ts';
import { Sampler } from '../../metrics/sampler/sampler.ts';
import { MediaIndex, type MediaObject } from '../../src/sfu/rooms/media-index.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import { collecting, sumOf } from './support.ts';

test('a total that goes down counts again only from where it was highest', () => {
  const water = new HighWater<'lost'>();
  expect([3, 5, 4, 5, 8, Number.NaN].map((total) => water.rise('lost', total))).toEqual([3, 2, 0, 0, 3, 0]);
});

test('never more than one slice of requests is in flight to a worker, however many objects it has', async () => {
  const counts = nothingDone();
  const lane = new Lane(counts, askWorker);
  let inFlight = 0;
  let most = 0;
  for (let index = 0; index < sliceSize * 5 + 3; index += 1) {
    lane.add(
      subject(async () => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await Promise.resolve();
        inFlight -= 1;
      }),
    );
  }
  const rests: number[] = [];
  expect(await lane.pass({ ...wholly, rest: async (_took, slices) => void rests.push(slices) })).toEqual({
    slow: false,
    asked: sliceSize * 5 + 3,
    objects: sliceSize * 5 + 3,
  });
  expect(most).toBe(sliceSize);
  expect(rests).toEqual([6, 6, 6, 6, 6, 6]);
  expect(counts.answered).toBe(sliceSize * 5 + 3);
});

test('a pass over objects that ended with their worker comes to its end without rests', async () => {
  const counts = nothingDone();
  const lane = new Lane(counts, askWorker);
  const subjects = Array.from({ length: sliceSize * 3 }, () =>
    subject(() => Promise.reject(new Error('gone'))),
  );
  for (const each of subjects) lane.add(each);
  const rests: number[] = [];
  await lane.pass({
    ...wholly,
    async rest(_took, slices) {
      rests.push(slices);
      for (const each of subjects) lane.remove(each);
    },
  });
  expect(rests).toEqual([3]);
  expect(counts).toMatchObject({ answered: 0, gone: sliceSize });
});

test('a big room that ends asks for a bounded number of last samples, and says how many it left out', async () => {
  const counts = nothingDone();
  const lane = new Lane(counts, askWorker);
  let asked = 0;
  const never = new Promise<void>(() => {});
  const subjects = Array.from({ length: 2000 }, () =>
    subject(() => {
      asked += 1;
      return never;
    }),
  );
  for (const each of subjects) {
    lane.add(each);
    void lane.lastSample(each);
  }
  expect(asked).toBe(500);
  expect(counts.lastSamplesSkipped).toBe(1500);
});

test('the page shows what the sampler did', async () => {
  const { sampler, text } = collecting(samplerCollector);
  sampler.counts.lastSamplesSkipped = 3;
  sampler.counts.answered = 5;
  sampler.counts.gone = 2;
  await sampler.pass();
  const page = await text();
  expect(sumOf(page, 'tureen_sampler_last_samples_skipped_total')).toBe(3);
  expect(sumOf(page, 'tureen_sampler_requests_total', { result: 'ok' })).toBe(5);
  expect(sumOf(page, 'tureen_sampler_requests_total', { result: 'gone' })).toBe(2);
  expect(sumOf(page, 'tureen_sampler_passes_total')).toBe(1);
  expect(sumOf(page, 'tureen_sampler_interval_seconds')).toBe(sampler.interval);
});

test('a part is asked while all are counted, and everyone has a turn before the first has another', async () => {
  const lane = new Lane(nothingDone(), askWorker);
  const asked: number[] = [];
  const names = Array.from({ length: sliceSize * 4 }, (_, index) => index);
  let counted = 0;
  const following = {
    start: () => ({
      count() {
        counted += 1;
      },
    }),
    onError: () => {},
  };
  for (const name of names) {
    const sample = async () => void asked.push(name);
    lane.add(new Subject(consumer({ id: String(name), worker: 0, sample }), [following]));
  }
  for (let pass = 1; pass <= 4; pass += 1) {
    const result = await lane.pass({ ...wholly, part: 0.25 });
    expect(result).toEqual({ slow: false, asked: sliceSize, objects: sliceSize * 4 });
    expect(counted).toBe(pass * sliceSize * 4);
  }
  expect(asked).toEqual(names);
});

test('when its time is over a pass asks no more, and the next one goes on from there', async () => {
  const lane = new Lane(nothingDone(), askWorker);
  const asked: number[] = [];
  for (let name = 0; name < sliceSize * 3; name += 1) {
    const sample = async () => void asked.push(name);
    lane.add(new Subject(consumer({ id: String(name), worker: 0, sample }), []));
  }
  const result = await lane.pass({ ...wholly, isOver: () => asked.length > 0 });
  expect(result).toMatchObject({ asked: sliceSize });
  await lane.pass({ ...wholly, isOver: () => asked.length > sliceSize });
  expect(asked).toEqual(Array.from({ length: sliceSize * 2 }, (_, index) => index));
});

test('the sampler keeps its interval and asks less while the loop is busy, says so, and comes back', async () => {
  let lag = 500;
  const { sampler, media, clock } = samplerOf([askWorker], { intervalSeconds: 600, lag: () => lag });
  sampler.follow('consumer', { start: () => ({}), onError: () => {} });
  sampler.start();
  // Only the test starts passes.
  sampler.close();
  for (let index = 0; index < sliceSize * 32; index += 1)
    media.add(consumer({ id: String(index), worker: 0, sample: async () => {} }));
  const parts: number[] = [];
  const pass = async () => {
    let isOver = false;
    const passing = sampler.pass().then(() => {
      isOver = true;
    });
    await until(() => {
      clock.advance(600_000);
      return isOver;
    }, 'the end of the pass');
    await passing;
    parts.push(sampler.lastPart);
    expect(sampler.interval).toBe(600);
  };
  for (let count = 0; count < 6; count += 1) await pass();
  lag = 0;
  for (let count = 0; count < 5; count += 1) await pass();
  expect(parts).toEqual([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]);
});

test('a worker that does not answer does not keep the sampler from the others', async () => {
  const { sampler, media, clock } = samplerOf([askWorker, askWorker], { intervalSeconds: 1 });
  let samples = 0;
  const sample = () => {
    samples += 1;
  };
  sampler.follow('consumer', { start: () => ({ sample }), onError: () => {} });
  sampler.start();
  media.add(consumer({ id: 'stuck', worker: 0, sample: () => new Promise(() => {}) }));
  media.add(consumer({ id: 'fine', worker: 1, sample: async () => {} }));
  for (let round = 1; round <= 3; round += 1) {
    clock.advance(8000);
    await until(() => samples >= round, 'another sample');
  }
  sampler.close();
});

/** A sampler of workers that say this of themselves, and whose objects a test puts into the index. */
function samplerOf(
  workers: readonly (typeof askWorker)[],
  { intervalSeconds, lag = () => 0 }: { intervalSeconds: number; lag?: () => number },
) {
  const media = new MediaIndex();
  const clock = new TestClock();
  const idle = { pid: 1, startedAt: 0, deaths: 0, routers: 0, producers: 0, consumers: 0, bitrate: 0 };
  const read = {
    workers: () => workers.map((_worker, index) => ({ index, ...idle })),
    workerUsage: async (index: number) => await workers[index]?.(),
  };
  const sampler = new Sampler({
    page: { set: () => {} },
    sfu: { media, read },
    clock,
    loopLag: { worst: lag },
    intervalSeconds,
    onError: () => {},
  });
  return { sampler, media, clock };
}

/** A pass over everything without rests. */
const wholly = { part: 1, rest: async () => {}, isOver: () => false } as const;

function nothingDone(): SamplerCounts {
  return { passes: 0, answered: 0, gone: 0, lastSamplesSkipped: 0 };
}

async function askWorker() {
  return { pid: 1, cpu: 2, latency: 1 };
}

function subject(sample: () => Promise<void>): Subject {
  return new Subject(consumer({ id: 'fake', worker: 0, sample }), []);
}

function consumer({
  id,
  worker,
  sample,
}: {
  id: string;
  worker: number;
  sample: () => Promise<void>;
}): MediaObject<'consumer'> {
  return {
    object: 'consumer',
    id,
    transportId: 'transport',
    roomId: 'room',
    peerId: 'peer',
    sessionId: 'session',
    worker,
    state: () => ({
      coding: { kind: 'audio', codec: 'opus', clockRate: 48_000 },
      type: 'simple',
      paused: false,
      producerPaused: false,
      preferredLayers: null,
      currentLayers: null,
    }),
    statistics: () => sample().then(() => []),
  };
}
