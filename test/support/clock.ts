import type { Clock } from '../../src/core/clock.ts';

interface Task {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: number;
  #elapsed = 0;
  #tasks: Task[] = [];

  /** @param now its time, in milliseconds since 1970; tokens that are made now need one of now */
  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the time as an operator or a time server does: nothing becomes due by it. */
  set(now: number): void {
    this.#now = now;
  }

  /** How many tasks wait to become due. */
  get waiting(): number {
    return this.#tasks.length;
  }

  after(milliseconds: number, run: () => void): () => void {
    const task = { at: this.#elapsed + milliseconds, run };
    this.#tasks.push(task);
    return () => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    };
  }

  /** Milliseconds until something is due. */
  get untilNext(): number {
    return Math.min(...this.#tasks.map(({ at }) => at)) - this.#elapsed;
  }

  /** Moves on and runs what has become due, in its order. */
  advance(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      const due = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#tasks = this.#tasks.filter((task) => task !== due);
      this.#moveTo(due.at);
      due.run();
    }
    this.#moveTo(end);
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}
