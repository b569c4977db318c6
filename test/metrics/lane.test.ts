import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { allMetrics } from '../../metrics/definitions/index.ts';
import { Page } from '../../metrics/page.ts';
import { HighWater } from '../../metrics/sampler/high-water.ts';
import { Lane, sliceSize } from '../../metrics/sampler/lane.ts';
import { Sampler } from '../../metrics/sampler/sampler.ts';
import type { Subject } from '../../metrics/sampler/subject.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/signaling-client.ts';
import { sumOf } from './support.ts';

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
  expect(intervals).toEqual([20, 40, 40, 40, 40, 20, 10, 10, 10]);
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

function fakeWorker(): types.Worker {
  const usage = { ru_utime: 1, ru_stime: 1 };
  return { closed: false, getResourceUsage: async () => usage } as unknown as types.Worker;
}

function fakeSubject(sample: () => Promise<void>): Subject {
  return { id: 'fake', closed: false, quality: {}, sample, tally: () => {} };
}
