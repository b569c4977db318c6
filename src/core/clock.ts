/** Time as an argument: the server passes the system's clock, tests pass one that they move themselves. */
export interface Clock {
  /**
   * Milliseconds since the epoch, to be shown, stored, or compared with a token. The system's time may be set forward or
   * back at any moment.
   */
  now(): number;
  /** Milliseconds since some moment that never jump: what durations and waits are measured by. */
  elapsed(): number;
  /** Runs the task once after so many milliseconds, unless the returned function was called before. */
  after(milliseconds: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** @returns a function that tells how many whole milliseconds have passed since this call */
export function stopwatch(clock: Clock): () => number {
  const start = clock.elapsed();
  return () => Math.round(clock.elapsed() - start);
}
