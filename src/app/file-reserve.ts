import { closeSync, openSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { openFileCount, openFileLimit } from '../core/open-files.ts';

/** Files that sockets and event streams leave free, for requests over HTTP. */
const reserve = 128;
/** With fewer the port is closed. */
const lastFiles = 32;
/** So many more than the reserve have to be free again before it counts as whole. */
const recovery = 32;
/** Files that are held open so that nobody else can take them: for new workers, the log and the database. */
const heldFiles = 64;
/** Counting takes a few microseconds, or milliseconds before Linux 6.2, so it is done no more often than this. */
const measureIntervalMs = 100;

/** What a client is told that would take one of the last file descriptors. */
export const noRoom = 'this server has no room for another connection; try again soon';

/** The port, which is closed while there are no files for connections. */
export interface Port {
  /** New connections are refused at once; open ones go on. */
  pause(): void;
  /** @throws Error when the port is taken */
  resume(): void;
}

export interface FileReserveOptions {
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Keeps file descriptors free. At the limit Bun accepts nothing more, spins, and no worker can be started
 * (oven-sh/bun 32705). So new sockets and event streams are refused before, and the port is closed when other connections
 * take the rest; then the files that were held free are let go, for what the server itself needs.
 */
export class FileReserve {
  readonly #limit = openFileLimit() ?? Number.POSITIVE_INFINITY;
  readonly #held: number[] = [];
  #port: Port | undefined;
  #isPaused = false;
  #cancel: () => void = () => {};
  #scarce = false;
  /** As counted last, and what was let in since. The files that are held are not among them. */
  #open = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: FileReserveOptions) {}

  /** Watches over the port until `close`. */
  guard(port: Port): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    this.#port = port;
    this.#hold();
    this.#watch();
  }

  close(): void {
    this.#cancel();
    this.#port = undefined;
    this.#letGo();
  }

  /** Refuses a request that would hold a descriptor for long. @returns the answer, or undefined when it may go on */
  refuse(request: Request): Response | undefined {
    if (!isLasting(request)) return undefined;
    if (!this.#isScarce()) {
      this.#open += 1;
      return undefined;
    }
    return new Response(`${noRoom}\n`, {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '10', connection: 'close' },
    });
  }

  /** Why new calls should go elsewhere. */
  get unreadyReasons(): string[] {
    if (!this.#isScarce()) return [];
    return [`${this.#open} of ${this.#limit} file descriptors are open; raise the limit of open files`];
  }

  /** How many files connections may still take. */
  get #free(): number {
    return this.#limit - this.#open - heldFiles;
  }

  #watch(): void {
    this.#cancel = this.options.clock.after(measureIntervalMs, () => {
      this.#isScarce();
      if (!this.#isPaused && this.#free < lastFiles) this.#pause();
      else if (this.#isPaused && !this.#scarce) this.#resume();
      this.#watch();
    });
  }

  #pause(): void {
    this.#isPaused = true;
    this.#port?.pause();
    this.#letGo();
    this.options.log.error(
      'no file descriptors are left for connections, so the port is closed until some are; open connections go on',
      this.#files,
    );
  }

  #resume(): void {
    try {
      this.#port?.resume();
    } catch (error) {
      // It is tried again at the next measurement.
      this.options.log.error('the port cannot be opened again', { error });
      return;
    }
    this.#hold();
    this.#isPaused = false;
    this.options.log.info('the port is open again', this.#files);
  }

  #hold(): void {
    while (this.#held.length < heldFiles) this.#held.push(openSync('/dev/null', 'r'));
  }

  #letGo(): void {
    for (const file of this.#held.splice(0)) closeSync(file);
  }

  #isScarce(): boolean {
    if (this.#limit === Number.POSITIVE_INFINITY) return false;
    const now = this.options.clock.elapsed();
    if (now - this.#measuredAt >= measureIntervalMs) {
      this.#measuredAt = now;
      this.#open = this.#count() - this.#held.length;
    }
    const scarce = this.#free < (this.#scarce ? reserve + recovery : reserve);
    if (scarce !== this.#scarce) this.#changed(scarce);
    return scarce;
  }

  #count(): number {
    try {
      return openFileCount();
    } catch {
      // Before Linux 6.2 counting takes a file, and there is none.
      return this.#limit;
    }
  }

  get #files() {
    return { open: this.#open, limit: this.#limit, reserve: reserve + heldFiles };
  }

  #changed(scarce: boolean): void {
    this.#scarce = scarce;
    const { log } = this.options;
    if (!scarce) return log.info('there are file descriptors enough again', this.#files);
    log.warn(
      'few file descriptors are left, so new connections are refused; raise the limit of open files',
      this.#files,
    );
  }
}

/** Sockets and event streams stay open; other requests are answered, and their connections end by themselves. */
function isLasting({ headers }: Request): boolean {
  return headers.has('upgrade') || headers.get('accept')?.includes('text/event-stream') === true;
}
