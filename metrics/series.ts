import { isDeepStrictEqual } from 'node:util';
import type { Histogram } from 'prom-client';
import type { Labels } from './define.ts';

/** One series of a counter, for those who add to it often: it is written when the page is. */
export class CounterSeries {
  #pending = 0;

  constructor(private readonly write: (value: number) => void) {}

  add(value: number): void {
    this.#pending += value;
  }

  flush(): void {
    if (this.#pending <= 0) return;
    this.write(this.#pending);
    this.#pending = 0;
  }
}

/** What prom-client keeps of one series of a histogram; its types leave it out (prom-client 15.1.3, lib/histogram.js). */
interface Written {
  readonly labels: Labels;
  /** By upper bound, each bucket for itself. */
  readonly bucketValues: Record<number, number>;
  sum: number;
  count: number;
}

/**
 * One series of a histogram, for those who observe often: it is written when the page is. prom-client looks the
 * series up at every observation, which costs more than all else that is done with a small message.
 */
export class HistogramSeries {
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(
    private readonly histogram: Histogram<string>,
    private readonly labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    // The last one counts what is above every bound.
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
  }

  flush(): void {
    const count = this.#counts.reduce((sum, each) => sum + each, 0);
    if (count === 0) return;
    const written = this.#written();
    for (const [index, bound] of this.bounds.entries()) {
      written.bucketValues[bound] = (written.bucketValues[bound] ?? 0) + (this.#counts[index] as number);
    }
    written.sum += this.#sum;
    written.count += count;
    this.#counts.fill(0);
    this.#sum = 0;
  }

  #written(): Written {
    const find = () => {
      const { hashMap } = this.histogram as unknown as { hashMap: Readonly<Record<string, Written>> };
      return Object.values(hashMap).find(({ labels }) => isDeepStrictEqual(labels, this.labels));
    };
    const known = find();
    if (known) return known;
    this.histogram.zero(this.labels);
    return find() as Written;
  }
}

/** Makes something once for each set of values of the same labels: thousands of objects share their series. */
export function oncePerLabels<L extends Labels, T>(make: (labels: L) => T): (labels: L) => T {
  const made = new Map<string, T>();
  return (labels) => {
    const key = Object.values(labels).join(' ');
    const known = made.get(key) ?? make(labels);
    made.set(key, known);
    return known;
  };
}
