const firstWaitMs = 1000;
const maxWaitMs = 15 * 60_000;
/** After so long without an attempt the former ones do not count any more. */
const forgottenAfterMs = 60 * 60_000;
/** Keys that are kept, so that an attacker cannot fill the memory with them. */
const maxKeys = 10_000;

interface Failures {
  readonly count: number;
  readonly until: number;
}

const none: Failures = { count: 0, until: 0 };

/** Delays attempts after failures: each failure beyond the free ones doubles the wait. */
export class Backoff {
  readonly #failures = new Map<string, Failures>();

  /** @param freeAttempts as many may fail before there is a wait */
  constructor(
    private readonly now: () => number,
    private readonly freeAttempts: number,
  ) {}

  /** Milliseconds to wait before the next attempt; 0 when it is allowed now. */
  wait(key: string): number {
    return Math.max(0, this.#of(key).until - this.now());
  }

  /** Counts an attempt as failed from its start, so that several at once do not pass as one. `undo` takes it back. */
  begin(key: string): void {
    this.#keep(key, this.#of(key).count + 1);
  }

  /** It did fail: the wait begins now. */
  failed(key: string): void {
    this.#keep(key, this.#of(key).count);
  }

  /** An attempt was not a failure. */
  undo(key: string): void {
    const { count } = this.#of(key);
    if (count > 1) this.#failures.set(key, { count: count - 1, until: this.now() });
    else this.#failures.delete(key);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  #keep(key: string, count: number): void {
    const doublings = count - this.freeAttempts;
    const wait = doublings < 0 ? 0 : Math.min(maxWaitMs, firstWaitMs * 2 ** doublings);
    this.#failures.delete(key);
    this.#failures.set(key, { count, until: this.now() + wait });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > maxKeys && oldest !== undefined) this.#failures.delete(oldest);
  }

  #of(key: string): Failures {
    const failures = this.#failures.get(key) ?? none;
    return this.now() - failures.until > forgottenAfterMs ? none : failures;
  }
}
