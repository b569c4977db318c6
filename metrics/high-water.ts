/**
 * Turns totals that mediasoup tells into what is new. A total that goes down, as packetsLost does when packets come
 * late (RFC 3550, appendix A.3), counts again only from where it was highest, so nothing is counted twice.
 */
export class HighWater<K extends string> {
  readonly #highest: Partial<Record<K, number>> = {};

  /** @returns how much higher than ever the total is. */
  rise(key: K, total: number): number {
    const highest = this.#highest[key] ?? 0;
    if (!(total > highest)) return 0;
    this.#highest[key] = total;
    return total - highest;
  }
}
