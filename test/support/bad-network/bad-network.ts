import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subprocess } from 'bun';
import { inside, mayMakeNetworks, run, wrapperInside } from '../network.ts';
import type { EmulatorOrder, LinkConditions } from './conditions.ts';

/** Whether this user may make one. */
export const mayMakeBadNetworks = mayMakeNetworks && existsSync('/dev/net/tun');

type Emulator = Subprocess<'pipe', 'pipe', 'inherit'>;

/**
 * A place for a browser at the far end of a path that can be made as bad as one likes, in each direction by itself: all
 * that is said between it and this machine takes that path.
 */
export class BadNetwork implements AsyncDisposable {
  readonly #name = `tureen-${process.pid}-bad`;
  /** Networks in 10.0.0.0/8 differ between processes that run at once. */
  readonly #prefix = `10.${process.pid % 100}.${Math.floor(process.pid / 100) % 256}`;
  readonly #interfaces = { near: `tu${process.pid}n`, far: `tu${process.pid}f` };
  readonly #emulator: Emulator;
  readonly #answers: AsyncIterator<string>;

  private constructor(private readonly folder: string) {
    const program = join(import.meta.dir, 'emulator.ts');
    const { near, far } = this.#interfaces;
    this.#emulator = Bun.spawn([process.execPath, program, near, far], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    });
    this.#answers = linesOf(this.#emulator.stdout);
  }

  static async make(): Promise<BadNetwork> {
    const network = new BadNetwork(await mkdtemp(join(tmpdir(), 'tureen-bad-network-')));
    try {
      await network.#answer();
      network.#connect();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** This machine's address at the near end. */
  get nearAddress(): string {
    return `${this.#prefix}.1`;
  }

  /** The browser's address. */
  get farAddress(): string {
    return `${this.#prefix}.2`;
  }

  /** Resolves when every packet that is sent from now on meets these conditions. A direction left out is perfect. */
  async become({ down = {}, up = {} }: LinkConditions): Promise<void> {
    const order: EmulatorOrder = { down, up };
    this.#emulator.stdin.write(`${JSON.stringify(order)}\n`);
    await this.#emulator.stdin.flush();
    await this.#answer();
  }

  /** A program that starts another one at the far end. */
  async wrap(program: string): Promise<string> {
    return await wrapperInside(this.#name, program, this.folder);
  }

  /** What comes before a command that is to run at the far end. */
  get command(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  #connect(): void {
    const { near, far } = this.#interfaces;
    run('ip', 'netns', 'add', this.#name);
    inside(this.#name, 'ip', 'link', 'set', 'lo', 'up');
    run('ip', 'link', 'set', far, 'netns', this.#name);
    run('ip', 'addr', 'add', this.nearAddress, 'peer', this.farAddress, 'dev', near);
    run('ip', 'link', 'set', near, 'up');
    inside(this.#name, 'ip', 'addr', 'add', this.farAddress, 'peer', this.nearAddress, 'dev', far);
    inside(this.#name, 'ip', 'link', 'set', far, 'up');
    inside(this.#name, 'ip', 'route', 'add', 'default', 'via', this.nearAddress);
  }

  async #answer(): Promise<void> {
    const { done } = await this.#answers.next();
    if (done) throw new Error('the emulator of a bad network ended; its error is above');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#emulator.stdin.end();
    await this.#emulator.exited;
    Bun.spawnSync(['ip', 'netns', 'del', this.#name]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const lines = `${text}${piece}`.split('\n');
    text = lines.pop() ?? '';
    yield* lines;
  }
}
