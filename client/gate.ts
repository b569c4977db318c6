import { type Deferred, deferred } from './portable.ts';

/** Holds back what must not overtake something that is on its way. */
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

  /** Lets through what waits, in its order. */
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
