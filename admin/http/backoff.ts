const attemptsWithoutWait = 5;
const firstWaitMs = 1000;
const maxWaitMs = 15 * 60_000;
/** Names and addresses that are kept, so that an attacker cannot fill the memory with them. */
const maxKeys = 10_000;

interface Failures {
  count: number;
  until: number;
}

/** Delays logins after wrong passwords, by user name and by address: each failure doubles the wait. */
export class Backoff {
  readonly #failures = new Map<string, Failures>();

  constructor(private readonly now: () => number) {}

  /** Milliseconds to wait before the next attempt; 0 when it is allowed now. */
  wait(keys: readonly string[]): number {
    return Math.max(0, ...keys.map((key) => (this.#failures.get(key)?.until ?? 0) - this.now()));
  }

  failed(keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const doublings = count - attemptsWithoutWait - 1;
      const wait = doublings < 0 ? 0 : Math.min(maxWaitMs, firstWaitMs * 2 ** doublings);
      this.#failures.delete(key);
      this.#failures.set(key, { count, until: this.now() + wait });
    }
    while (this.#failures.size > maxKeys) {
      const [oldest] = this.#failures.keys();
      if (oldest === undefined) break;
      this.#failures.delete(oldest);
    }
  }

  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }
}
