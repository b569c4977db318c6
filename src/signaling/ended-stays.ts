import type { Clock } from '../core/clock.ts';

/** How a stay ended while its client was away, as the close of a socket would have said it. */
export interface StayEnd {
  readonly code: number;
  readonly reason: string;
}

/** So many are remembered; the oldest are forgotten first. */
const maxRemembered = 4096;
const rememberedMs = 10 * 60_000;

/**
 * What clients that were away could not be told: the end of their stay. Who comes back with a ticket of it learns that
 * it was removed, and does not simply join again.
 */
export class EndedStays {
  readonly #ends = new Map<string, StayEnd & { readonly at: number }>();

  constructor(private readonly clock: Clock) {}

  add(hashes: readonly string[], { code, reason }: StayEnd): void {
    for (const hash of hashes) this.#ends.set(hash, { code, reason, at: this.clock.elapsed() });
    for (const hash of this.#ends.keys()) {
      if (this.#ends.size <= maxRemembered) return;
      this.#ends.delete(hash);
    }
  }

  /** @returns how the stay of that ticket ended, to be told once */
  take(hash: string): StayEnd | undefined {
    const end = this.#ends.get(hash);
    this.#ends.delete(hash);
    return end && this.clock.elapsed() - end.at < rememberedMs ? end : undefined;
  }
}
