import type { Gauge, Labels } from '../definitions/define.ts';
import { media, transports } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** The gauges that a pass of the sampler counts out. */
const counted: readonly Gauge[] = [
  media.producers,
  media.consumers,
  media.layersReceived,
  media.consumerLayers,
  transports.transportsByIce,
  transports.transportsByDtls,
  transports.transportsBySctp,
  transports.dataProducers,
  transports.dataConsumers,
  transports.dataBuffered,
];

/** What a pass over the objects of one worker counted. */
export class Tally {
  readonly #counts = new Map<Gauge, Map<string, number>>();

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

/** Writes what was counted on all workers together, zeros included. */
export function writeTallies(page: Page, tallies: readonly Tally[]): void {
  for (const gauge of counted) {
    for (const labels of gauge.labels.combinations) {
      const sum = tallies.reduce((total, tally) => total + tally.of(gauge, labels), 0);
      page.set(gauge, sum, labels);
    }
  }
}

function keyOf(gauge: Gauge, labels: Labels): string {
  return gauge.labels.names.map((name) => labels[name]).join('\n');
}
