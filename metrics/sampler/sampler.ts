import type { Clock } from '../../src/core/clock.ts';
import type { MediaIndex, MediaObject, MediaObjectKind } from '../../src/sfu/rooms/media-index.ts';
import type { ReadModel, WorkerUsage } from '../../src/sfu/rooms/read-model.ts';
import type { LoopLag } from '../loop-lag.ts';
import type { Page } from '../page.ts';
import { type Following, Subject } from './follower.ts';
import { Lane, type PassResult, type SamplerCounts } from './lane.ts';
import { Tallies } from './tally.ts';

export interface SamplerOptions {
  page: Pick<Page, 'set'>;
  sfu: {
    readonly media: Pick<MediaIndex, 'watch' | 'find'>;
    readonly read: Pick<ReadModel, 'workers' | 'workerUsage'>;
  };
  clock: Clock;
  loopLag: Pick<LoopLag, 'worst'>;
  /** Between the starts of two passes. */
  intervalSeconds: number;
  onError: (error: unknown) => void;
}

/** A loop that lets timers wait for longer than this has better things to do than statistics, in milliseconds. */
const busyLag = 200;
/** The least part of the objects that a pass asks: with a sixteenth each is asked every four minutes. */
const leastPart = 1 / 16;
/** The part of the interval over which a pass is spread, and after which no more is asked. */
const spread = { usual: 0.5, most: 0.8 };

/**
 * Asks the workers for the statistics of everything in the background, so that a scrape reads what is there. It spreads
 * its requests over the interval. While the loop or a worker is busy, and where there is more than fits into the interval, a
 * pass asks a part, those whose turn was longest ago: what adds up is complete with the next turn, and distributions are of
 * fewer streams, each as often as the others. It knows no metric: collectors follow the kinds of media objects that they want.
 */
export class Sampler {
  readonly counts: SamplerCounts = { passes: 0, answered: 0, gone: 0, lastSamplesSkipped: 0 };
  /** How long the last pass took, in seconds, its rests included; 0 before the first one. */
  lastPassSeconds = 0;
  /** The share of the objects that the last pass asked. */
  lastPart = 1;
  readonly #followings = new Map<MediaObjectKind, Following[]>();
  readonly #usageListeners: ((workerIndex: number, usage: WorkerUsage) => void)[] = [];
  readonly #reads: (() => Promise<void>)[] = [];
  /** Of each worker by its index. */
  readonly #lanes: readonly Lane[];
  /** Of the objects that are open. */
  readonly #subjects = new Map<string, Subject>();
  readonly #tallies: Tallies;
  /** What the next pass is to ask. */
  #part = 1;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(private readonly options: SamplerOptions) {
    const { sfu, page } = options;
    this.#lanes = sfu.read.workers().map(({ index }) => new Lane(this.counts, () => this.#askWorker(index)));
    this.#tallies = new Tallies((gauge, value, labels) => page.set(gauge, value, labels));
  }

  /** Follows every media object of a kind. To be called before the start. */
  follow<K extends MediaObjectKind>(kind: K, following: Following<K>): void {
    const present = this.#followings.get(kind) ?? [];
    this.#followings.set(kind, [...present, following]);
  }

  /** Calls with what each worker has used, once a pass. */
  onWorkerUsage(listener: (workerIndex: number, usage: WorkerUsage) => void): void {
    this.#usageListeners.push(listener);
  }

  /** Calls once a pass, unless the last call has not come to its end. */
  onPass(read: () => Promise<void>): void {
    let reading: Promise<void> | undefined;
    this.#reads.push(() => {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    });
  }

  /** Takes up what is there, and begins the passes. */
  start(): void {
    this.options.sfu.media.watch({
      added: (object) => this.#add(object),
      ending: ({ id, worker }) => {
        const subject = this.#subjects.get(id);
        if (subject) void this.#lanes[worker]?.lastSample(subject);
      },
      removed: ({ id, worker }) => {
        const subject = this.#subjects.get(id);
        if (!subject) return;
        this.#subjects.delete(id);
        this.#lanes[worker]?.remove(subject);
        subject.closed();
      },
    });
    this.#schedule();
  }

  /** Seconds between two passes. */
  get interval(): number {
    return this.options.intervalSeconds;
  }

  /** Goes over the objects once. @param hurry over all and without rests, for a test or a last look */
  async pass({ hurry = false } = {}): Promise<void> {
    const startedAt = performance.now();
    const rest = hurry ? async () => {} : (took: number, slices: number) => this.#rest(took, slices);
    const reads = this.#reads.map((read) => read());
    const part = hurry ? 1 : this.#part;
    const time = hurry ? Number.POSITIVE_INFINITY : this.interval * 1000 * spread.most;
    const isOver = () => performance.now() - startedAt > time;
    const results = await Promise.all(this.#lanes.map((lane) => lane.pass({ part, rest, isOver })));
    this.#tallies.write(this.#lanes.map(({ tally }) => tally));
    this.#count(results);
    // A lane that has not come to the end of its last pass is the slowest of all.
    const busy = this.options.loopLag.worst() > busyLag || results.some((lane) => lane?.slow ?? true);
    this.#part = busy ? Math.max(this.#part / 2, leastPart) : Math.min(this.#part * 2, 1);
    this.lastPassSeconds = (performance.now() - startedAt) / 1000;
    await Promise.all(reads);
    this.counts.passes += 1;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #count(results: readonly (PassResult | undefined)[]): void {
    const sum = (of: (result: PassResult) => number) =>
      results.reduce((total, result) => total + (result ? of(result) : 0), 0);
    const objects = sum((result) => result.objects);
    this.lastPart = objects === 0 ? 1 : sum((result) => result.asked) / objects;
  }

  #add(object: MediaObject): void {
    const followings = this.#followings.get(object.object);
    if (!followings || this.#isPiped(object)) return;
    const subject = new Subject(object, followings);
    this.#subjects.set(object.id, subject);
    this.#lanes[object.worker]?.add(subject);
  }

  /** Pipes to other servers are left out: what they carry is counted where it comes from and where it goes to. */
  #isPiped({ transportId }: MediaObject): boolean {
    const transport = this.options.sfu.media.find(transportId);
    return transport?.object === 'transport' && transport.state().type === 'pipe';
  }

  async #askWorker(index: number): Promise<WorkerUsage | undefined> {
    const usage = await this.options.sfu.read.workerUsage(index);
    if (usage) for (const listener of this.#usageListeners) listener(index, usage);
    return usage;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#cancel = this.options.clock.after(this.interval * 1000, () => {
      // A lane that hangs must not end the passes over the others, so the next pass does not wait for this one.
      this.#schedule();
      this.pass().catch(this.options.onError);
    });
  }

  async #rest(took: number, slices: number): Promise<void> {
    if (slices <= 1) return;
    const share = (this.interval * 1000 * spread.usual) / slices;
    await new Promise<void>((resolve) => {
      this.options.clock.after(Math.max(share - took, 1), resolve);
    });
  }
}
