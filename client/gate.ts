import { type Deferred, deferred } from './portable.ts';

/** Queues items while it is closed, so that they are handled after something that is still pending. */
export class Gate<T> {
  readonly #waiting: T[] = [];
  #closed: Deferred<void> | undefined;

  constructor(private readonly pass: (item: T) => void) {}

  /** Resolves when the gate is open. */
  get opened(): Promise<void> {
    return this.#closed?.promise ?? Promise.resolve();
  }

  close(): void {
    this.#closed ??= deferred();
  }

  /** Passes the queued items on, in order. */
  open(): void {
    this.#closed?.resolve();
    this.#closed = undefined;
    for (const item of this.#waiting.splice(0)) this.pass(item);
  }

  /** Passes the item now, or when the gate opens. */
  take(item: T): void {
    if (this.#closed) this.#waiting.push(item);
    else this.pass(item);
  }
}
