import type { MediaObjects } from '../src/sfu/rooms/media-index.ts';
import type { Counter, Labels } from './define.ts';
import { HighWater } from './high-water.ts';
import type { Page } from './page.ts';
import { oncePerLabels } from './series.ts';

export type StreamStatistics = MediaObjects['producer' | 'consumer']['statistics'];

/** The totals that mediasoup keeps of a stream. */
type Field = {
  [K in keyof StreamStatistics]-?: StreamStatistics[K] extends number ? K : never;
}[keyof StreamStatistics];

/**
 * Adds up totals of streams in counters.
 * @param counters by the field of mediasoup's statistics whose rise they count
 * @returns for the labels of one track what takes the statistics of its streams
 */
export function streamTotals(page: Page, counters: Readonly<Partial<Record<Field, Counter>>>) {
  const fields = Object.entries(counters) as [Field, Counter][];
  const seriesOf = oncePerLabels((labels: Labels) =>
    fields.map(([field, counter]) => [field, page.counterSeries(counter, labels)] as const),
  );
  return (labels: Labels) => {
    const series = seriesOf(labels);
    const bySsrc = new Map<number, HighWater<Field>>();
    return (stat: StreamStatistics): void => {
      const totals = bySsrc.get(stat.ssrc) ?? new HighWater();
      bySsrc.set(stat.ssrc, totals);
      for (const [field, each] of series) {
        const more = totals.rise(field, stat[field]);
        if (more > 0) each.add(more);
      }
    };
  };
}
