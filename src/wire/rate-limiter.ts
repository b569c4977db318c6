import type { Clock } from '../core/clock.ts';

/** A client that was quiet may send this many seconds' worth of messages at once. */
const burstSeconds = 5;

/** Limits a client to a number of messages a second, with bursts (token bucket). */
export class RateLimiter {
  #tokens: number;
  #refilledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.#tokens = perSecond * burstSeconds;
    this.#refilledAt = clock.now();
  }

  /** @returns whether one more message may pass now */
  take(): boolean {
    const now = this.clock.now();
    const refill = ((now - this.#refilledAt) / 1000) * this.perSecond;
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#tokens + refill, this.perSecond * burstSeconds);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Resolves when the next message may pass. */
  async wait(): Promise<void> {
    do {
      const waitMs = Math.ceil(((1 - this.#tokens) / this.perSecond) * 1000);
      await new Promise<void>((resolve) => {
        this.clock.after(Math.max(waitMs, 1), resolve);
      });
    } while (!this.take());
  }
}
