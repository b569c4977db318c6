import { join } from 'node:path';
import { until } from './until.ts';

export const projectFolder = join(import.meta.dir, '..', '..');

export interface ProgramOptions {
  /** What is started; the server from its sources unless told. */
  command?: readonly string[];
  environment?: Readonly<Record<string, string | undefined>>;
}

/** A server as a process of its own: one worker, and every port from the operating system unless told. */
export class Program implements AsyncDisposable {
  readonly process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  #output = '';
  /** All that it will ever print has been read, which is later than its end. */
  #isRead = false;

  constructor({ command = [process.execPath, 'src/main.ts'], environment = {} }: ProgramOptions = {}) {
    // A process group of its own, so that a signal to the group stays there.
    this.process = Bun.spawn(['setsid', ...command], {
      cwd: projectFolder,
      env: {
        ...process.env,
        TUREEN_FULL_AT: '1',
        PORT: '0',
        TUREEN_RTC_BASE_PORT: '0',
        TUREEN_WORKERS: '1',
        ...environment,
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const { stdout, stderr } = this.process;
    void Promise.all([stdout, stderr].map((stream) => this.#collect(stream))).then(() => {
      this.#isRead = true;
    });
  }

  /** Starts a program and waits until it is ready. */
  static async start(options: ProgramOptions = {}): Promise<Program> {
    const program = new Program(options);
    await program.prints('"message":"ready"');
    return program;
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output;
  }

  get port(): number {
    return Number(/"url":"https?:\/\/[^":]+:(\d+)/.exec(this.#output)?.[1]);
  }

  /** Waits until it has printed something. */
  async prints(text: string): Promise<void> {
    await until(() => this.#output.includes(text) || this.#isRead, `"${text}"`, 60_000);
    if (!this.#output.includes(text)) throw new Error(`it ended without "${text}":\n${this.#output}`);
  }

  /** The lines of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.message === message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With all that it started.
    if (this.process.exitCode === null && this.process.signalCode === null)
      process.kill(-this.process.pid, 'SIGKILL');
    await this.process.exited;
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) this.#output += new TextDecoder().decode(chunk);
  }
}
