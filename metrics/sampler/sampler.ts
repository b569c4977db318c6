import type { Clock } from '../../src/core/clock.ts';
import { monitoring } from '../definitions/index.ts';
import type { LoopLag } from '../loop-lag.ts';
import type { Page } from '../page.ts';
import type { Census } from './census.ts';
import { writeTallies } from './tally.ts';

export interface SamplerOptions {
  page: Page;
  census: Pick<Census, 'lanes'>;
  clock: Clock;
  loopLag: Pick<LoopLag, 'worst'>;
  /** Between the starts of two passes when nothing is busy. */
  intervalSeconds: number;
  onError: (error: unknown) => void;
}

/** A loop that lets timers wait for longer than this has better things to do than statistics, in milliseconds. */
const busyLag = 200;
/** How many times the configured interval the sampler slows down to at most; beyond it nothing more would be saved. */
const mostStretch = 4;
/** The part of the interval over which a pass is spread. */
const spread = 0.5;

/**
 * Asks mediasoup for the statistics of everything in the background, so that a scrape reads what is there. It spreads
 * its requests over the interval and slows down while the loop or a worker is busy: fresh statistics are worth less
 * than media on time.
 */
export class Sampler {
  #stretch = 1;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(private readonly options: SamplerOptions) {
    this.#schedule();
  }

  /** Seconds between two passes now. */
  get interval(): number {
    return this.options.intervalSeconds * this.#stretch;
  }

  /** Goes over every object once. @param hurry without rests, for a test or a last look */
  async pass({ hurry = false } = {}): Promise<void> {
    const { page, census, loopLag } = this.options;
    const startedAt = performance.now();
    const rest = hurry ? async () => {} : (took: number, slices: number) => this.#rest(took, slices);
    const lanes = [...census.lanes.values()];
    const slow = await Promise.all(lanes.map((lane) => lane.pass(rest)));
    writeTallies(
      page,
      [...census.lanes.values()].map(({ tally }) => tally),
    );
    // A lane that has not come to the end of its last pass is the slowest of all.
    const busy = loopLag.worst() > busyLag || slow.some((lane) => lane !== false);
    this.#stretch = busy ? Math.min(this.#stretch * 2, mostStretch) : Math.max(this.#stretch / 2, 1);
    page.set(monitoring.samplerPassDuration, (performance.now() - startedAt) / 1000);
    page.set(monitoring.samplerInterval, this.interval);
    page.add(monitoring.samplerPasses);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
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
    const share = (this.interval * 1000 * spread) / slices;
    await new Promise<void>((resolve) => {
      this.options.clock.after(Math.max(share - took, 1), resolve);
    });
  }
}
