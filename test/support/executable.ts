import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from './program.ts';

/** The single executable, built for a test into a folder of its own. */
export class Executable implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async build(): Promise<Executable> {
    const executable = new Executable(await mkdtemp(join(tmpdir(), 'tureen-executable-')));
    const command = [process.execPath, 'scripts/build.ts', '--outfile', executable.path];
    const { exitCode, stderr } = Bun.spawnSync(command, { cwd: projectFolder });
    if (exitCode !== 0) throw new Error(stderr.toString());
    return executable;
  }

  get path(): string {
    return join(this.folder, 'tureen');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
