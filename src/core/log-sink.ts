import { write } from 'node:fs';
import { type Clock, systemClock } from './clock.ts';

/** Bytes that may wait for the reader of the log. What comes on top of them is counted, not kept. */
const maxWaitingBytes = 1024 * 1024;
const retryMs = 1000;

type Write = (
  fd: number,
  data: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

/** The system's own write, on a thread: a reader that has stopped reading stops that thread, and not the server. */
const systemWrite: Write = (fd, data, done) => write(fd, data, 0, data.byteLength, null, done);

export interface LogSinkOptions {
  /** Standard output unless set. */
  fd?: number;
  clock?: Clock;
  write?: Write;
}

/**
 * Writes the lines of the log, in order. It never throws and never waits: while a disk is full or a pipe is not read,
 * lines wait, up to a bound, and writing is tried again each second. Once it works, a line says how many were lost.
 */
export class LogSink {
  /** Lines that could not be written, since the start. */
  lost = 0;
  #reported = 0;
  #lines: string[] = [];
  #waitingBytes = 0;
  /** What is being written, or could not be and is tried again. */
  #current: Uint8Array | undefined;
  readonly #idle = new Set<() => void>();

  constructor(private readonly options: LogSinkOptions = {}) {}

  /** Takes one line without its line end. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + bytes > maxWaitingBytes) {
      this.lost += 1;
      return;
    }
    this.#lines.push(line);
    this.#waitingBytes += bytes;
    this.#next();
  }

  /** Resolves when everything is written, or after so many milliseconds: to be awaited before the process ends. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#current === undefined) return;
    const { clock = systemClock } = this.options;
    await new Promise<void>((resolve) => {
      this.#idle.add(resolve);
      clock.after(timeoutMs, resolve);
    });
  }

  #next(): void {
    if (this.#current !== undefined) return;
    if (this.#lines.length === 0) {
      for (const resolve of this.#idle) resolve();
      this.#idle.clear();
      return;
    }
    const lines = this.#lines;
    this.#lines = [];
    this.#current = Buffer.from(`${lines.join('\n')}\n`);
    this.#write();
  }

  #write(): void {
    const { fd = 1, write = systemWrite, clock = systemClock } = this.options;
    const data = this.#current;
    if (data === undefined) return;
    write(fd, data, (error, written) => {
      if (error) return void clock.after(retryMs, () => this.#write());
      this.#waitingBytes -= written;
      // A disk that fills up takes a part.
      this.#current = written < data.byteLength ? data.subarray(written) : undefined;
      if (this.#current !== undefined) return this.#write();
      this.#reportLost();
      this.#next();
    });
  }

  #reportLost(): void {
    const lost = this.lost - this.#reported;
    if (lost === 0) return;
    this.#reported = this.lost;
    const { clock = systemClock } = this.options;
    const time = new Date(clock.now()).toISOString();
    this.write(
      JSON.stringify({ time, level: 'warn', message: 'log lines could not be written and were lost', lost }),
    );
  }
}

/** The log of this process. */
export const standardOutput = new LogSink();
