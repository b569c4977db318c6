import { systemClock } from '../../core/clock.ts';

const intervalMs = 1000;
/** A worker that leaves this many asks in a row without an answer hangs. */
const maxMissed = 5;

/** What is said of a worker that was killed for its silence. */
export const hungCause = `it did not answer for ${(maxMissed * intervalMs) / 1000} seconds and was killed`;

export interface HeartbeatOptions {
  /** Resolves when the worker answers. */
  ask: () => Promise<unknown>;
  /** It answers again after it was late. */
  onAnswer: () => void;
  /** It hangs. Called again each second while it still does. */
  onHung: () => void;
}

/**
 * Asks a worker once a second whether it answers, with one request in flight. It counts asks, never time: a process that
 * stood still itself comes back to one ask at most, and to the answer to it. A process lives by real time, so no clock
 * is given.
 */
export class Heartbeat {
  #missed = 0;
  #waiting = false;
  #cancel: () => void;

  constructor(private readonly options: HeartbeatOptions) {
    this.#cancel = systemClock.after(intervalMs, () => this.#beat());
  }

  /** Whether the last ask has had no answer for a second or more. */
  get late(): boolean {
    return this.#missed > 0;
  }

  get hung(): boolean {
    return this.#missed >= maxMissed;
  }

  stop(): void {
    this.#cancel();
  }

  #beat(): void {
    this.#cancel = systemClock.after(intervalMs, () => this.#beat());
    if (!this.#waiting) return this.#ask();
    this.#missed += 1;
    if (this.hung) this.options.onHung();
  }

  #ask(): void {
    this.#waiting = true;
    this.options.ask().then(
      () => this.#answered(),
      // The worker has ended: the pool hears of it by itself.
      () => this.stop(),
    );
  }

  #answered(): void {
    const wasLate = this.late;
    this.#waiting = false;
    this.#missed = 0;
    if (wasLate) this.options.onAnswer();
  }
}
