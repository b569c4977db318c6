import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this process may mount file systems, which only root may. */
export const mayMount = process.getuid?.() === 0;

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
}

/** A real disk of its own, which a test fills or breaks. It is unmounted at the end. */
export class SmallDisk implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    private readonly image: string | undefined,
  ) {}

  /** In memory, with room for the database and little else. */
  static async inMemory(megabytes = 3): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-disk-'));
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder);
    return new SmallDisk(folder, undefined);
  }

  /** One that can fail like a real one: ext4 in a file. */
  static async thatFails(): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-disk-'));
    const image = `${folder}.ext4`;
    writeFileSync(image, '');
    run('truncate', '-s', '16M', image);
    run('mkfs.ext4', '-q', image);
    run('mount', '-o', 'loop,errors=remount-ro', image, folder);
    return new SmallDisk(folder, image);
  }

  /** Takes all the room that is left, to the last byte. */
  fill(): void {
    for (const size of [64 * 1024, 4096, 1]) {
      try {
        for (;;) writeFileSync(this.#filler, Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }

  /** What Linux does after an error of the disk: from now on nothing can be written. */
  becomeReadOnly(): void {
    run('mount', '-o', 'remount,abort', this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    run('umount', '--lazy', this.folder);
    await rm(this.folder, { recursive: true });
    if (this.image !== undefined) await rm(this.image);
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}
