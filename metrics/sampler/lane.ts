import type { types } from 'mediasoup';
import type { Labels } from '../definitions/define.ts';
import { monitoring, server } from '../definitions/index.ts';
import type { Page } from '../page.ts';
import type { CounterSeries } from '../series.ts';
import { HighWater } from './high-water.ts';
import type { Subject } from './subject.ts';
import { Tally } from './tally.ts';

/** Requests that the sampler has in flight to one worker at most. */
export const sliceSize = 64;
/** A worker that takes longer for a slice is busy; the sampler must not be what keeps it from media. */
const slowSlice = 250;
/**
 * Objects that may be asked a last time at once, on top of the slices. A big room that ends would otherwise ask for
 * the statistics of all its consumers in one turn of the loop.
 */
const mostLastSamples = { consumer: 500, other: 1000 } as const;

/** The media objects of one worker, and the way to ask it. */
export class Lane {
  readonly subjects = new Set<Subject>();
  readonly #cpu = new HighWater<'cpu'>();
  readonly #labels: Labels;
  readonly #answered: CounterSeries;
  readonly #gone: CounterSeries;
  readonly #asking = { consumer: 0, other: 0 };
  #passing = false;
  /** What the last complete pass counted. */
  tally = new Tally();

  constructor(
    readonly worker: types.Worker,
    index: number,
    private readonly page: Page,
  ) {
    this.#labels = { worker: String(index) };
    this.#answered = page.counterSeries(monitoring.samplerRequests, { result: 'ok' });
    this.#gone = page.counterSeries(monitoring.samplerRequests, { result: 'gone' });
  }

  /**
   * Samples every object, slice by slice.
   * @param rest waits between two slices; it gets how long the last one took, in milliseconds
   * @returns whether the worker was slow; undefined when the last pass has not come to its end yet
   */
  async pass(rest: (took: number, slices: number) => Promise<void>): Promise<boolean | undefined> {
    if (this.#passing) return undefined;
    this.#passing = true;
    try {
      return await this.#pass(rest);
    } finally {
      this.#passing = false;
    }
  }

  /**
   * Asks an object that is about to be closed. mediasoup sends requests in their order, so one that is sent just
   * before the close is still answered, and the close does not wait for it.
   */
  lastSample(subject: Subject, kind: 'consumer' | 'other'): Promise<void> {
    this.subjects.delete(subject);
    if (this.#asking[kind] >= mostLastSamples[kind]) {
      this.page.add(monitoring.lastSamplesSkipped);
      return Promise.resolve();
    }
    this.#asking[kind] += 1;
    return this.#ask(subject).finally(() => {
      this.#asking[kind] -= 1;
    });
  }

  async #pass(rest: (took: number, slices: number) => Promise<void>): Promise<boolean> {
    const tally = new Tally();
    const subjects = [...this.subjects];
    const slices = Math.ceil(subjects.length / sliceSize);
    let slow = await this.#askWorker();
    for (let at = 0; at < subjects.length && !this.worker.closed; at += sliceSize) {
      const startedAt = performance.now();
      const slice = subjects.slice(at, at + sliceSize).filter(({ closed }) => !closed);
      await Promise.all(slice.map((subject) => this.#ask(subject)));
      for (const subject of slice) if (!subject.closed) subject.tally(tally);
      const took = performance.now() - startedAt;
      slow ||= took > slowSlice;
      await rest(took, slices);
    }
    this.tally = tally;
    return slow;
  }

  async #ask(subject: Subject): Promise<void> {
    try {
      await subject.sample();
      this.#answered.add(1);
    } catch {
      // It ended on its way, or its worker did; there is nobody left who could be asked.
      this.#gone.add(1);
    }
  }

  async #askWorker(): Promise<boolean> {
    const askedAt = performance.now();
    const usage = await this.worker.getResourceUsage().catch(() => undefined);
    const took = performance.now() - askedAt;
    if (!usage) return false;
    this.page.set(server.workerLatency, took / 1000, this.#labels);
    const cpu = (usage.ru_utime + usage.ru_stime) / 1000;
    this.page.add(server.workerCpu, this.#cpu.rise('cpu', cpu), this.#labels);
    return took > slowSlice;
  }
}
