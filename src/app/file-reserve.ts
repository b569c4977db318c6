import type { Logger } from '../core/log.ts';
import { openFileCount, openFileLimit } from '../core/open-files.ts';

/** Files that connections leave free: for new workers, the log, the database and requests over HTTP. */
const reserve = 128;
/** So many more have to be free again before the reserve counts as whole. */
const recovery = 32;
/** Counting takes a few microseconds, or milliseconds before Linux 6.2, so it is done no more often than this. */
const measureIntervalMs = 100;

/**
 * Keeps file descriptors free. At the limit Bun accepts nothing more and spins, and no worker can be started, so new
 * sockets and event streams are refused before.
 */
export class FileReserve {
  readonly #limit = openFileLimit() ?? Number.POSITIVE_INFINITY;
  #scarce = false;
  /** As counted last, and what was let in since. */
  #open = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly log: Logger) {}

  /** Refuses a request that would hold a descriptor for long. @returns the answer, or undefined when it may go on */
  refuse(request: Request): Response | undefined {
    if (!isLasting(request)) return undefined;
    if (!this.#isScarce()) {
      this.#open += 1;
      return undefined;
    }
    return new Response('this server has no room for another connection; try again soon\n', {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '10', connection: 'close' },
    });
  }

  /** Why new calls should go elsewhere. */
  get unreadyReasons(): string[] {
    if (!this.#isScarce()) return [];
    return [`${this.#open} of ${this.#limit} file descriptors are open; raise the limit of open files`];
  }

  #isScarce(): boolean {
    if (this.#limit === Number.POSITIVE_INFINITY) return false;
    const now = performance.now();
    if (now - this.#measuredAt >= measureIntervalMs) {
      this.#measuredAt = now;
      this.#open = openFileCount();
    }
    const free = this.#limit - this.#open;
    const scarce = free < (this.#scarce ? reserve + recovery : reserve);
    if (scarce !== this.#scarce) this.#changed(scarce);
    return scarce;
  }

  #changed(scarce: boolean): void {
    this.#scarce = scarce;
    const files = { open: this.#open, limit: this.#limit, reserve };
    if (!scarce) return this.log.info('there are file descriptors enough again', files);
    this.log.warn(
      'few file descriptors are left, so new connections are refused; raise the limit of open files',
      files,
    );
  }
}

/** Sockets and event streams stay open; other requests are answered, and their connections end by themselves. */
function isLasting({ headers }: Request): boolean {
  return headers.has('upgrade') || headers.get('accept')?.includes('text/event-stream') === true;
}
