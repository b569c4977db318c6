/**
 * Does the work of each key one after the other, and that of different keys side by side. So whoever asks for much at
 * once waits for its own, and the others do not wait for it.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** @returns what the work returns, after all that came before with the same key @throws what the work throws */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#last.set(key, over);
    try {
      await before;
      return await work();
    } finally {
      end();
      if (this.#last.get(key) === over) this.#last.delete(key);
    }
  }

  /** Keys that have work. */
  get size(): number {
    return this.#last.size;
  }
}
