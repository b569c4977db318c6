/** Milliseconds of silence after which what is waited for does not come any more. */
const silenceTimeoutMs = 30_000;

/** What has come so far, in its order, and waits for what is to come. */
export class Inbox<T extends object> {
  readonly #items: T[] = [];
  readonly #wakers = new Set<() => void>();
  #end: string | undefined;

  get all(): readonly T[] {
    return this.#items;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Nothing more comes, and whoever waits is told why. */
  end(reason: string): void {
    this.#end ??= reason;
    this.#wake();
  }

  /** Waits for an item that came already or is to come. @throws Error when it does not come */
  waitFor(what: string, matches: (item: T) => boolean): Promise<T> {
    return this.#find(what, matches, 0);
  }

  /** Waits for an item that comes after this call. @throws Error when it does not come */
  next(what: string, matches: (item: T) => boolean): Promise<T> {
    return this.#find(what, matches, this.#items.length);
  }

  async #find(what: string, matches: (item: T) => boolean, first: number): Promise<T> {
    for (let from = first; ; ) {
      const found = this.#items.slice(from).find(matches);
      if (found) return found;
      if (this.#end !== undefined) throw new Error(`${this.#end} before ${what} came`);
      from = this.#items.length;
      await this.#news(what);
    }
  }

  async #news(what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      reject(new Error(`${what} did not come, and nothing else for ${silenceTimeoutMs} ms`));
    }, silenceTimeoutMs);
    this.#wakers.add(resolve);
    await promise.finally(() => clearTimeout(timer));
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }
}
