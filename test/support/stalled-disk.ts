import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is a compiler for the library that stalls the disk. */
export const mayStall = Bun.which('cc') !== null;

const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int wait_and(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *gate = getenv("STALLED_DISK");
  while (gate && access(gate, F_OK) == 0) usleep(1000);
  return real(file);
}
int fsync(int file) { return wait_and("fsync", file); }
int fdatasync(int file) { return wait_and("fdatasync", file); }
`;

/** A disk that takes what is written and does not confirm it while it is stalled, for a program of its own. */
export class StalledDisk implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<StalledDisk> {
    const disk = new StalledDisk(await mkdtemp(join(tmpdir(), 'tureen-stall-')));
    const file = join(disk.folder, 'stall.c');
    writeFileSync(file, source);
    const command = ['cc', '-shared', '-fPIC', '-o', disk.#library, file, '-ldl'];
    const { exitCode, stderr } = Bun.spawnSync(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
    return disk;
  }

  /** For the program. */
  get environment(): Record<string, string> {
    return {
      LD_PRELOAD: this.#library,
      STALLED_DISK: this.#gate,
      TUREEN_DATA_DIR: join(this.folder, 'data'),
    };
  }

  stall(): void {
    writeFileSync(this.#gate, '');
  }

  goOn(): void {
    rmSync(this.#gate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  get #library(): string {
    return join(this.folder, 'stall.so');
  }

  get #gate(): string {
    return join(this.folder, 'stalled');
  }
}
