import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../scripts/machine/console.ts';
import type { CommandResult } from '../scripts/machine/packages.ts';

/** How a command of a build is run. */
export interface StepOptions {
  cwd?: string;
  timeoutMs?: number;
  onLine?: (line: string) => void;
}

// They change what a compiler makes, and the cache's name of a build does not know them.
const FOREIGN_FLAGS = ['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS'];

/**
 * Runs the commands of a build one after the other and keeps everything that they print in a file, which is what a
 * failed build is understood from.
 */
export class BuildLog {
  readonly file: string;
  #child: Bun.Subprocess | undefined;
  #interruptedBy: string | undefined;

  constructor(file: string) {
    this.file = file;
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
  }

  /** Ends the command that runs, and with it the build. */
  interrupt(signal: string): void {
    this.#interruptedBy = signal;
    this.#child?.kill('SIGTERM');
  }

  get isInterrupted(): boolean {
    return this.#interruptedBy !== undefined;
  }

  /** Runs a command to its end. A failure is told by the exit code. */
  async run(step: string, command: string[], options: StepOptions = {}): Promise<CommandResult> {
    this.#write(`\n== ${step}: ${command.join(' ')}\n`);

    const child = Bun.spawn(command, {
      cwd: options.cwd,
      env: commandEnvironment(),
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      timeout: options.timeoutMs,
    });

    this.#child = child;

    const [out, err, exitCode] = await Promise.all([
      this.#follow(child.stdout, options.onLine),
      this.#follow(child.stderr),
      child.exited,
    ]);

    this.#child = undefined;
    this.#write(`== ended with exit code ${exitCode}\n`);

    if (this.#interruptedBy !== undefined) {
      throw new SetupError(
        `the build was interrupted by ${this.#interruptedBy}, the next start builds again`,
      );
    }

    return { exitCode, output: out + err };
  }

  async #follow(stream: ReadableStream<Uint8Array>, onLine?: (line: string) => void): Promise<string> {
    const decoder = new TextDecoder();
    let all = '';
    let line = '';

    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      const lines = (line + text).split('\n');

      all += text;
      line = lines.pop() ?? '';
      this.#write(text);

      for (const complete of lines) {
        onLine?.(complete);
      }
    }

    return all;
  }

  #write(text: string): void {
    try {
      appendFileSync(this.file, text);
    } catch {
      // A full disk ends the build with a message of its own; the log must not hide that one.
    }
  }
}

function commandEnvironment(): Record<string, string | undefined> {
  const environment = { ...process.env, LC_ALL: 'C', NINJA_STATUS: '[%f/%t] ' };

  return Object.fromEntries(Object.entries(environment).filter(([name]) => !FOREIGN_FLAGS.includes(name)));
}
