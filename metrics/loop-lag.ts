/**
 * How often the loop is looked at, in milliseconds. Each look wakes the process: ten a second took half of all that an
 * idle server takes, and two tell the same of what is late for long enough to be felt.
 */
const beat = 500;

/**
 * Measures how late a timer fires. The histogram of node's perf_hooks is not used: under Bun it leaves its own
 * interval out, so thresholds that people know would mean something else.
 */
export class LoopLag {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #listeners: ((milliseconds: number) => void)[] = [];
  #worst = 0;

  constructor() {
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      const lag = Math.max(0, now - last - beat);
      last = now;
      this.#worst = Math.max(this.#worst, lag);
      for (const listener of this.#listeners) listener(lag);
    }, beat);
    this.#timer.unref();
  }

  /** Calls with each measurement, in milliseconds. */
  follow(listener: (milliseconds: number) => void): void {
    this.#listeners.push(listener);
  }

  /** The longest lag since the last call, in milliseconds. */
  worst(): number {
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
