import type { Database } from 'bun:sqlite';
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Logger } from '../core/log.ts';

/** How long a write waits for others to share a transaction with. */
const batchDelayMs = 5;
const retryDelayMs = 1000;
/** A disk that stays full is logged this often. */
const logIntervalMs = 60_000;
const sync = promisify(fdatasync);

interface Write {
  readonly run: () => void;
  readonly done: () => void;
}

/**
 * Batches writes that come by the hundred a second, so that they do not hold up calls: the writes of a few milliseconds
 * share a transaction, and the file is synced outside of the event loop. While the disk is full nothing is lost: the
 * batch is tried again.
 */
export class BatchedWrites {
  #pending: Write[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #syncing: Promise<void> | undefined;
  #dirty = false;
  #file: number | undefined;
  #closed = false;

  /** @param journal path of the database's write-ahead log; undefined in memory, where nothing is synced */
  constructor(
    private readonly database: Database,
    private readonly log: Logger,
    private readonly journal?: string,
  ) {}

  /** The number of pending writes. It is large only while the disk is full. */
  get size(): number {
    return this.#pending.length;
  }

  /** Adds a write to the next batch. Resolves when it is in the database; never when the server stops before that. */
  write(run: () => void): Promise<void> {
    return new Promise((done) => {
      this.#pending.push({ run, done });
      if (!this.#closed) this.#timer ??= setTimeout(() => this.flush(), batchDelayMs);
    });
  }

  /** Writes everything that is pending. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const writes = this.#pending;
    if (writes.length === 0 || this.#closed) return;
    try {
      this.database.transaction(() => {
        for (const { run } of writes) run();
      })();
    } catch (error) {
      this.#logFailure(error);
      this.#timer = setTimeout(() => this.flush(), retryDelayMs);
      return;
    }
    this.#pending = [];
    this.#sync();
    for (const { done } of writes) done();
  }

  /** Writes everything that is pending, and nothing after that. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    void (this.#syncing ?? Promise.resolve()).then(() => {
      if (this.#file !== undefined) closeSync(this.#file);
    });
  }

  #logFailure(error: unknown): void {
    if (performance.now() - this.#loggedAt < logIntervalMs) return;
    this.#loggedAt = performance.now();
    this.log.error('the outbox of webhooks cannot be written; it is tried again every second', {
      waiting: this.#pending.length,
      error,
    });
  }

  /**
   * SQLite would sync within the transaction and block the event loop: for 2 ms usually, sometimes 40 ms (measured).
   * Syncing the write-ahead log afterwards is as safe.
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
      this.#logFailure(error);
    }
  }
}
