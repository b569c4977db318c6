import type { Database } from 'bun:sqlite';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Logger } from '../core/log.ts';

/** Milliseconds that a write waits for others with which it shares a transaction. */
const gather = 5;
const retryAfter = 1000;
const complainEvery = 60_000;
const sync = promisify(fdatasync);

interface Write {
  readonly run: () => void;
  readonly done: () => void;
}

/**
 * Writes that come by the hundred a second and must not hold up calls: those of a few milliseconds share a transaction,
 * and the file is synced beside the event loop. A full disk loses nothing that was given here: it is tried again.
 */
export class Batches {
  #waiting: Write[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #syncing: Promise<void> | undefined;
  #dirty = false;
  #file: number | undefined;
  #closed = false;

  /** @param journal the write-ahead log of the database; undefined in memory, where nothing is synced */
  constructor(
    private readonly database: Database,
    private readonly log: Logger,
    private readonly journal?: string,
  ) {}

  /** How many writes wait: more than a few only while the disk refuses them. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is in the database. A server that ends before leaves it open. */
  write(run: () => void): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ run, done });
      if (!this.#closed) this.#timer ??= setTimeout(() => this.flush(), gather);
    });
  }

  /** Writes what waits now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const writes = this.#waiting;
    if (writes.length === 0 || this.#closed) return;
    try {
      this.database.transaction(() => {
        for (const { run } of writes) run();
      })();
    } catch (error) {
      this.#complain(error);
      this.#timer = setTimeout(() => this.flush(), retryAfter);
      return;
    }
    this.#waiting = [];
    this.#sync();
    for (const { done } of writes) done();
  }

  /** Writes what waits and no more after it. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    void (this.#syncing ?? Promise.resolve()).then(() => {
      if (this.#file !== undefined) closeSync(this.#file);
    });
  }

  #complain(error: unknown): void {
    if (performance.now() - this.#complainedAt < complainEvery) return;
    this.#complainedAt = performance.now();
    this.log.error('the outbox of webhooks cannot be written; it is tried again every second', {
      waiting: this.#waiting.length,
      error,
    });
  }

  /**
   * SQLite would sync within the transaction and hold up everything meanwhile: 2 ms mostly, 40 ms at times (measured).
   * The write-ahead log may be synced by anyone after it was written, and then holds the same promise.
   */
  #sync(): void {
    this.#dirty = true;
    this.#syncing ??= this.#syncUntilClean().finally(() => {
      this.#syncing = undefined;
    });
  }

  async #syncUntilClean(): Promise<void> {
    if (this.journal === undefined) return;
    try {
      this.#file ??= openSync(this.journal, 'r');
      while (this.#dirty) {
        this.#dirty = false;
        await sync(this.#file);
      }
    } catch (error) {
      this.#complain(error);
    }
  }
}
