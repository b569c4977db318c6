import type { Clock } from '../core/clock.ts';

/** A client that was quiet may send this many seconds' worth of messages at once. */
const burstSeconds = 5;

/** Limits a client to a number of messages a second, with bursts (token bucket). */
export class RateLimiter {
  readonly #capacity: number;
  #tokens: number;
  #refilledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.#capacity = perSecond * burstSeconds;
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.elapsed();
  }

  /**
   * Takes tokens for a message.
   * @param cost how many messages it counts for; a message that costs more than a whole burst passes for a whole burst
   * @returns whether it may pass now
   */
  take(cost = 1): boolean {
    const now = this.clock.elapsed();
    const refill = ((now - this.#refilledAt) / 1000) * this.perSecond;
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#tokens + refill, this.#capacity);
    const needed = Math.min(cost, this.#capacity);
    if (this.#tokens < needed) return false;
    this.#tokens -= needed;
    return true;
  }

  /** Returns tokens that were taken for a message that turned out to be free. */
  giveBack(cost = 1): void {
    this.#tokens = Math.min(this.#tokens + cost, this.#capacity);
  }

  /** Resolves when a message may pass, with its tokens taken. */
  async wait(cost = 1): Promise<void> {
    const needed = Math.min(cost, this.#capacity);
    do {
      const waitMs = Math.ceil(((needed - this.#tokens) / this.perSecond) * 1000);
      await new Promise<void>((resolve) => {
        this.clock.after(Math.max(waitMs, 1), resolve);
      });
    } while (!this.take(cost));
  }
}
