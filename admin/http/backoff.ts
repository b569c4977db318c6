const freeTries = 5;
const firstWait = 1000;
const longestWait = 15 * 60_000;
/** Names and addresses that are remembered; an attacker must not fill the memory with them. */
const mostKeys = 10_000;

interface Failures {
  count: number;
  until: number;
}

/** Makes whoever tries wrong passwords wait, twice as long each time, by user name and by address. */
export class Backoff {
  readonly #failures = new Map<string, Failures>();

  constructor(private readonly now: () => number) {}

  /** Milliseconds to wait before the next try; 0 when it may be made. */
  wait(keys: readonly string[]): number {
    return Math.max(0, ...keys.map((key) => (this.#failures.get(key)?.until ?? 0) - this.now()));
  }

  failed(keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const wait = count <= freeTries ? 0 : Math.min(longestWait, firstWait * 2 ** (count - freeTries - 1));
      this.#failures.delete(key);
      this.#failures.set(key, { count, until: this.now() + wait });
    }
    while (this.#failures.size > mostKeys) {
      const [oldest] = this.#failures.keys();
      if (oldest === undefined) break;
      this.#failures.delete(oldest);
    }
  }

  succeeded(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }
}
