/** Time as an argument: the server passes the system's clock, tests pass one that they move themselves. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs the task once after so many milliseconds, unless the returned function was called before. */
  after(milliseconds: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};
