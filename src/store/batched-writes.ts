import type { Logger } from '../core/log.ts';
import type { Connection } from './connection.ts';

/** How long a write waits for others to share a transaction with. */
const batchDelayMs = 5;
const retryDelayMs = 1000;
/** A disk that stays full is logged this often. */
const logIntervalMs = 60_000;
/** Writes that may be pending while the disk is full. What comes then is lost, and to be counted. */
const maxPending = 20_000;

interface Write {
  readonly run: () => void;
  readonly done: () => void;
}

/**
 * Batches writes that come by the hundred a second, or that could not be written at once, so that they do not hold up
 * calls: the writes of a few milliseconds share a transaction. While the disk is full or the database is locked nothing
 * is lost: the batch is tried again.
 */
export class BatchedWrites {
  #pending: Write[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param what is written, for the log */
  constructor(
    private readonly database: Connection,
    private readonly log: Logger,
    private readonly what: string,
  ) {}

  /** Whether nothing more may be added for now. */
  get isFull(): boolean {
    return this.#pending.length >= maxPending;
  }

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
      });
    } catch (error) {
      this.#logFailure(error);
      this.#timer = setTimeout(() => this.flush(), retryDelayMs);
      return;
    }
    this.#pending = [];
    // A failure is in the log already, and makes the node unready.
    void this.database.synced().catch(() => {});
    for (const { done } of writes) done();
  }

  /** Writes everything that is pending, and nothing after that. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#closed = true;
    const lost = this.#pending.length;
    if (lost > 0) this.log.error(`${this.what} could not be written before the stop and are lost`, { lost });
  }

  #logFailure(error: unknown): void {
    if (performance.now() - this.#loggedAt < logIntervalMs) return;
    this.#loggedAt = performance.now();
    const waiting = this.#pending.length;
    this.log.error(`${this.what} cannot be written; it is tried again every second`, { waiting, error });
  }
}
