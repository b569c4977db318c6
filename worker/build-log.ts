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

// They change what the compiler produces, but the hash of the recipe does not include them.
const IGNORED_VARIABLES = ['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS'];

/**
 * Runs the commands of a build one after the other and writes everything that they print to a file, for when a build
 * fails.
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

  /** Ends the running command, and with it the build. */
  interrupt(signal: string): void {
    this.#interruptedBy = signal;
    this.#child?.kill('SIGTERM');
  }

  get isInterrupted(): boolean {
    return this.#interruptedBy !== undefined;
  }

  /**
   * Runs a command to its end.
   *
   * @returns its exit code, also when it failed, and its output.
   * @throws SetupError when the build was interrupted.
   */
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
        `the build was interrupted by ${this.#interruptedBy}. The next start builds again.`,
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
      // A full disk fails the build with a message of its own, which an error here would hide.
    }
  }
}

function commandEnvironment(): Record<string, string | undefined> {
  const environment = { ...process.env, LC_ALL: 'C', NINJA_STATUS: '[%f/%t] ' };

  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !IGNORED_VARIABLES.includes(name)),
  );
}
