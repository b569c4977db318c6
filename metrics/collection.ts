import type { SfuBus } from '../src/sfu/events.ts';
import type { SignalingBus } from '../src/signaling/events.ts';
import type { Collector, MeasuredNode, Sources } from './collector.ts';
import { collectors } from './collectors/index.ts';
import { cross, gauge, type Metric } from './define.ts';
import type { LoopLag } from './loop-lag.ts';
import type { Sampler } from './sampler/sampler.ts';

const collectorLabel = cross({ collector: collectors.map(({ name }) => name) });

/** How the collecting itself goes. */
export const metrics = {
  success: gauge({
    name: 'tureen_collector_success',
    help: '1 when the collector could read its values for this scrape.',
    source: 'state',
    labels: collectorLabel,
  }),
  duration: gauge({
    name: 'tureen_collector_duration_seconds',
    help: 'How long the collector took for this scrape.',
    unit: 'seconds',
    source: 'state',
    labels: collectorLabel,
  }),
};

/** Every metric of the page by topic, in the order in which it stands there. */
export const topics: Readonly<Record<string, readonly Metric[]>> = {
  ...Object.fromEntries(collectors.map(({ title, metrics: own }) => [title, Object.values(own)])),
  Collectors: Object.values(metrics),
};

export const allMetrics: readonly Metric[] = Object.values(topics).flat();

export interface CollectionOptions {
  /** The collectors that run; all of them by default. */
  collectors?: readonly Collector[];
  node: MeasuredNode;
  events: SfuBus;
  signalingEvents: SignalingBus;
  sampler: Pick<Sampler, 'follow' | 'onWorkerUsage' | 'onPass'>;
  loopLag: Pick<LoopLag, 'follow'>;
  onError: (error: unknown) => void;
}

/** The collectors at work. One that throws is reported on the page, and the others go on. */
export class Collection {
  readonly #running: readonly RunningCollector[];

  constructor(private readonly options: CollectionOptions) {
    this.#running = (options.collectors ?? collectors).map(
      (collector) => new RunningCollector(collector, options),
    );
  }

  /** Brings the page up to date. */
  collect(): void {
    const { page } = this.options.node;
    for (const running of this.#running) {
      const { name: collector } = running;
      const startedAt = performance.now();
      page.set(metrics.success, running.collect() ? 1 : 0, { collector });
      page.set(metrics.duration, (performance.now() - startedAt) / 1000, { collector });
    }
  }
}

class RunningCollector {
  readonly name: string;
  readonly #scrapes: (() => void)[] = [];
  /** It did not start, so some of its values will never be there. */
  #broken = false;
  /** It threw since the last scrape. */
  #failed = false;

  constructor(
    { name, start }: Collector,
    private readonly options: CollectionOptions,
  ) {
    this.name = name;
    this.#guarded(() => start(this.#sources()))();
    this.#broken = this.#failed;
  }

  /** @returns whether all went well since the last time */
  collect(): boolean {
    for (const scrape of this.#scrapes) scrape();
    const fine = !this.#failed;
    this.#failed = this.#broken;
    return fine;
  }

  #sources(): Sources {
    const { node, events, signalingEvents, sampler, loopLag } = this.options;
    return {
      ...node,
      onEvent: (name, listener) => void events.on(name, this.#guarded(listener)),
      onSignalingEvent: (name, listener) => void signalingEvents.on(name, this.#guarded(listener)),
      onScrape: (collect) => void this.#scrapes.push(this.#guarded(collect)),
      onSample: (kind, start) => sampler.follow(kind, { start, onError: (error) => this.#fail(error) }),
      onWorkerUsage: (listener) => sampler.onWorkerUsage(this.#guarded(listener)),
      onPass: (read) =>
        sampler.onPass(async () => {
          try {
            await read();
          } catch (error) {
            this.#fail(error);
          }
        }),
      onLoopLag: (listener) => loopLag.follow(this.#guarded(listener)),
    };
  }

  #guarded<A extends unknown[]>(task: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        task(...args);
      } catch (error) {
        this.#fail(error);
      }
    };
  }

  /** Logged once a scrape: what throws for one event mostly throws for the next as well. */
  #fail(error: unknown): void {
    if (!this.#failed) this.options.onError(error);
    this.#failed = true;
  }
}
