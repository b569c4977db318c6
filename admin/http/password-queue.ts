import { SfuError } from '../../src/core/errors.ts';

/** Those that wait for their turn; the last of them waits for a second. */
const maxWaiting = 8;

/**
 * Checks passwords one after the other: each takes 64 MiB and a core for a tenth of a second, of which strangers could
 * otherwise have as much as they like. Between two checks the core is left to the calls for as long as the check took.
 */
export class PasswordQueue {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Who has a place in the queue: one for each, so that nobody fills it alone. */
  readonly #clients = new Set<string>();

  /**
   * Runs a task when it is its turn.
   * @param client undefined for one that cannot be told from others
   * @param signal aborts with the request; then the task is left out
   * @throws SfuError flood when the queue is full, or the client is in it already; gone when the client went away
   */
  async run<T>(from: { client?: string; signal: AbortSignal }, task: () => Promise<T>): Promise<T> {
    const { client, signal } = from;
    if (this.#waiting >= maxWaiting || (client !== undefined && this.#clients.has(client)))
      throw new SfuError('flood', 'too many are logging in; try again in a moment', { retryAfterSeconds: 1 });
    const former = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    this.#waiting += 1;
    if (client !== undefined) this.#clients.add(client);
    let startedAt = performance.now();
    try {
      await former;
      startedAt = performance.now();
      if (signal.aborted) throw new SfuError('gone', 'the request was ended before its turn came');
      return await task();
    } finally {
      if (client !== undefined) this.#clients.delete(client);
      this.#waiting -= 1;
      setTimeout(resolve, performance.now() - startedAt).unref();
    }
  }
}
