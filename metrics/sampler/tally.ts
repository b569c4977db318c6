import type { Gauge, Labels } from '../define.ts';

/** What a pass over the objects of one worker counted. */
export class Tally {
  readonly #counts = new Map<Gauge, Map<string, number>>();

  get gauges(): Iterable<Gauge> {
    return this.#counts.keys();
  }

  add(gauge: Gauge, labels: Labels = {}, value = 1): void {
    const counts = this.#counts.get(gauge) ?? new Map<string, number>();
    this.#counts.set(gauge, counts);
    const key = keyOf(gauge, labels);
    counts.set(key, (counts.get(key) ?? 0) + value);
  }

  of(gauge: Gauge, labels: Labels): number {
    return this.#counts.get(gauge)?.get(keyOf(gauge, labels)) ?? 0;
  }
}

/** Sums up what was counted on all workers. */
export class Tallies {
  /** All that were ever counted: their zeros are written too. */
  readonly #gauges = new Set<Gauge>();

  constructor(private readonly set: (gauge: Gauge, value: number, labels: Labels) => void) {}

  write(tallies: readonly Tally[]): void {
    for (const { gauges } of tallies) for (const gauge of gauges) this.#gauges.add(gauge);
    for (const gauge of this.#gauges) {
      for (const labels of gauge.labels.combinations) {
        const sum = tallies.reduce((total, tally) => total + tally.of(gauge, labels), 0);
        this.set(gauge, sum, labels);
      }
    }
  }
}

function keyOf(gauge: Gauge, labels: Labels): string {
  return gauge.labels.names.map((name) => labels[name]).join('\n');
}
