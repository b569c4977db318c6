/** Where progress is printed. */
export interface ProgressStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Shows "n of m files": on a terminal in one line that is rewritten, elsewhere, for example in a log, with a line for
 * every ten percent.
 */
export class Progress {
  readonly #label: string;
  readonly #stream: ProgressStream;
  #shownTenth = 0;
  #hasOpenLine = false;

  constructor(label: string, stream: ProgressStream = process.stderr) {
    this.#label = label;
    this.#stream = stream;
  }

  update(done: number, total: number): void {
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\x1b[Ktureen: ${this.#label}, ${done} of ${total} files`);
      this.#hasOpenLine = true;

      return;
    }

    const tenth = Math.floor((done * 10) / total);

    if (tenth > this.#shownTenth) {
      this.#shownTenth = tenth;
      this.#stream.write(`tureen: ${this.#label}, ${done} of ${total} files\n`);
    }
  }

  /** Ends the rewritten line, if there is one. */
  end(): void {
    if (this.#hasOpenLine) {
      this.#stream.write('\n');
      this.#hasOpenLine = false;
    }
  }
}

/** Reads the [done/total] at the start of a line of ninja's output. */
export function parseNinjaStatus(line: string): { done: number; total: number } | undefined {
  const match = /^\[(\d+)\/(\d+)\]/.exec(line);

  return match ? { done: Number(match[1]), total: Number(match[2]) } : undefined;
}
