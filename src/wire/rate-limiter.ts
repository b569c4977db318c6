import type { Clock } from '../core/clock.ts';

/** Bursts of this many seconds' worth of messages pass at once. */
const burstSeconds = 5;

/** Slows a client down to a number of messages a second, after a burst (token bucket). */
export class Pace {
  #left: number;
  #filledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.#left = perSecond * burstSeconds;
    this.#filledAt = clock.now();
  }

  /** @returns whether one more message may pass now. */
  take(): boolean {
    const now = this.clock.now();
    const earned = ((now - this.#filledAt) / 1000) * this.perSecond;
    this.#filledAt = now;
    this.#left = Math.min(this.#left + earned, this.perSecond * burstSeconds);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Resolves when the next message may pass. */
  async wait(): Promise<void> {
    do {
      const missing = Math.ceil(((1 - this.#left) / this.perSecond) * 1000);
      await new Promise<void>((resolve) => {
        this.clock.after(Math.max(missing, 1), resolve);
      });
    } while (!this.take());
  }
}
