import type { Connection } from './connection.ts';
import { ClientError, isTransient } from './errors.ts';
import { retry } from './retry.ts';

/** How long to retry rebuilding the media on an open socket before the socket is closed. */
const rebuildRetry = { backoff: { first: 40, max: 1000 }, timeoutMs: 15_000 };

/** Builds the media of a call over a connection, and again when it is lost meanwhile. */
export class Builder {
  /** Incremented when the media is lost; work that was started before is dropped. */
  #generation = 0;
  #active = false;

  /** @param attempt calls `requireCurrent` after everything that it waits for */
  constructor(
    private readonly attempt: (connection: Connection, requireCurrent: () => void) => Promise<void>,
  ) {}

  get active(): boolean {
    return this.#active;
  }

  /** The media is lost: an attempt that is under way fails, and is made again. */
  restart(): void {
    this.#generation += 1;
  }

  /** Retries transient errors. @throws the error of the last attempt */
  async build(connection: Connection): Promise<void> {
    let generation = this.#generation;
    const isOld = () => generation !== this.#generation;
    const attempt = async () => {
      generation = this.#generation;
      const begun = generation;
      await this.attempt(connection, () => {
        if (begun !== this.#generation) throw new ClientError('gone', 'the media was lost; try again');
      });
    };
    this.#active = true;
    try {
      await retry(attempt, {
        ...rebuildRetry,
        isRetryable: (error) => connection.open && isTransient(error),
        // A rejoin during the attempt is the cause of the failure.
        skipDelay: isOld,
      });
    } finally {
      this.#active = false;
    }
  }
}
