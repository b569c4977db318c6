import type { Clock } from '../core/clock.ts';

const lookIntervalMs = 500;
/** Longer than any work of this process takes, and shorter than others take to give a silent node up. */
export const jumpMs = 2000;

/**
 * Notices that the process stood still: it was stopped, its machine was suspended, or something kept it busy. Then it
 * knows nothing of the time between, and what waits for it is old.
 */
export class JumpWatch {
  #seen: number;
  #cancel: () => void = () => {};

  /** @param onJump called once for each jump, with its milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly onJump: (milliseconds: number) => void,
  ) {
    this.#seen = clock.elapsed();
    this.#arm();
  }

  /** To be called before anything that may have waited is believed. @returns whether a jump was noticed now */
  look(): boolean {
    const now = this.clock.elapsed();
    const gap = now - this.#seen;
    this.#seen = now;
    if (gap <= jumpMs) return false;
    this.onJump(Math.round(gap));
    return true;
  }

  close(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.clock.after(lookIntervalMs, () => {
      this.look();
      this.#arm();
    });
  }
}
