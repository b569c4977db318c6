import type { WorkerUsage } from '../../src/sfu/rooms/read-model.ts';
import type { Subject } from './follower.ts';
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

/** What the sampler did since its start. */
export interface SamplerCounts {
  passes: number;
  /** Requests for statistics that were answered. */
  answered: number;
  /** Requests for objects that ended meanwhile. */
  gone: number;
  /** Objects that ended among so many others that they were not asked a last time. */
  lastSamplesSkipped: number;
}

export interface PassOptions {
  /** The share of the objects that is asked; the others have their turn in the next passes. */
  readonly part: number;
  /** Waits between two slices; it gets how long the last one took, in milliseconds, and how many there are. */
  readonly rest: (took: number, slices: number) => Promise<void>;
  /** Whether the time of the pass is over, so that no more is asked. */
  readonly isOver: () => boolean;
}

export interface PassResult {
  /** Whether the worker was slow to answer. */
  readonly slow: boolean;
  /** How many objects were asked, of how many. */
  readonly asked: number;
  readonly objects: number;
}

/** The media objects of one worker, and the way to ask it. */
export class Lane {
  readonly #subjects = new Set<Subject>();
  readonly #asking = { consumer: 0, other: 0 };
  #passing = false;
  /** What the last complete pass counted. */
  tally = new Tally();

  /** @param askWorker what the worker has used; undefined while none runs */
  constructor(
    private readonly counts: SamplerCounts,
    private readonly askWorker: () => Promise<WorkerUsage | undefined>,
  ) {}

  add(subject: Subject): void {
    this.#subjects.add(subject);
  }

  remove(subject: Subject): void {
    this.#subjects.delete(subject);
  }

  /**
   * Asks slice by slice those whose turn was longest ago, and counts all.
   * @returns what came of it; undefined when the last pass has not come to its end yet
   */
  async pass(options: PassOptions): Promise<PassResult | undefined> {
    if (this.#passing) return undefined;
    this.#passing = true;
    try {
      return await this.#pass(options);
    } finally {
      this.#passing = false;
    }
  }

  /**
   * Asks an object that is about to be closed. mediasoup sends requests in their order, so one that is sent just
   * before the close is still answered, and the close does not wait for it.
   */
  lastSample(subject: Subject): Promise<void> {
    if (!this.#subjects.delete(subject)) return Promise.resolve();
    const kind = subject.object.object === 'consumer' ? 'consumer' : 'other';
    if (this.#asking[kind] >= mostLastSamples[kind]) {
      this.counts.lastSamplesSkipped += 1;
      return Promise.resolve();
    }
    this.#asking[kind] += 1;
    return this.#ask(subject).finally(() => {
      this.#asking[kind] -= 1;
    });
  }

  async #pass({ part, rest, isOver }: PassOptions): Promise<PassResult> {
    const tally = new Tally();
    const subjects = [...this.#subjects];
    const wanted = Math.ceil(subjects.length * part);
    const slices = Math.ceil(wanted / sliceSize);
    const living = (subject: Subject) => this.#subjects.has(subject);
    const usage = await this.askWorker();
    let slow = usage !== undefined && usage.latency > slowSlice;
    let asked = 0;
    for (let at = 0; at < subjects.length; at += sliceSize) {
      const slice = subjects.slice(at, at + sliceSize).filter(living);
      // With its worker all of them ended.
      if (slice.length === 0) continue;
      const startedAt = performance.now();
      const isAsked = at < wanted && !isOver();
      if (isAsked) {
        await Promise.all(slice.map((subject) => this.#ask(subject)));
        asked += slice.length;
      }
      for (const subject of slice.filter(living)) {
        subject.count(tally);
        if (isAsked) this.#toTheEnd(subject);
      }
      const took = performance.now() - startedAt;
      slow ||= isAsked && took > slowSlice;
      await (isAsked ? rest(took, slices) : nextTurn());
    }
    this.tally = tally;
    return { slow, asked, objects: subjects.length };
  }

  /** A set keeps the order in which its members were added, so the first ones are those whose turn was longest ago. */
  #toTheEnd(subject: Subject): void {
    this.#subjects.delete(subject);
    this.#subjects.add(subject);
  }

  async #ask(subject: Subject): Promise<void> {
    const statistics = await subject.object.statistics().catch(() => undefined);
    // It ended on its way, or its worker did; there is nobody left who could be asked.
    if (!statistics) {
      this.counts.gone += 1;
      return;
    }
    this.counts.answered += 1;
    subject.sample(statistics);
  }
}

/** Lets the event loop do what waits. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
