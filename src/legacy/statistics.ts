import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';

/** How often clients may have statistics sent, in milliseconds. */
export const statsInterval = { shortest: 1000, longest: 3_600_000 };

interface Series {
  /** Milliseconds between two, by default and at least `statsInterval.shortest`. */
  readonly interval: number | undefined;
  readonly read: () => Promise<unknown[]>;
  readonly send: (stats: unknown[]) => void;
}

/** Statistics that a client gets from time to time, one series for each object. */
export class PeriodicStatistics {
  readonly #stops = new Map<object, () => void>();

  constructor(private readonly options: { clock: Clock; log: Logger }) {}

  /** Begins, or goes on at another interval. It ends with the object, whose statistics cannot be read any more then. */
  start(of: object, { interval = 0, read, send }: Series): void {
    this.stop(of);
    const { clock, log } = this.options;
    let cancel = () => {};
    const stop = () => cancel();
    const rest = Math.max(interval, statsInterval.shortest);
    const next = () => {
      cancel = clock.after(rest, () => {
        read()
          .then((stats) => {
            if (this.#stops.get(of) !== stop) return;
            send(stats);
            next();
          })
          .catch((error: unknown) => {
            if (this.#stops.get(of) === stop) this.#stops.delete(of);
            log.debug('statistics have ended', { error });
          });
      });
    };
    this.#stops.set(of, stop);
    next();
  }

  stop(of: object): void {
    this.#stops.get(of)?.();
    this.#stops.delete(of);
  }

  close(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
