import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import { type Outcome, run, succeed } from './run.ts';

/**
 * Debian's podman with images and containers of its own. It reads the same Dockerfile as Docker, and takes the same
 * options, but needs no daemon.
 */
export class Podman implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly mostFiles: string,
  ) {}

  static async make(): Promise<Podman> {
    await ensurePackages(['podman', 'runc'], 'for the test of the image');
    const limits = await readFile('/proc/self/limits', 'utf8');
    const mostFiles = /^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? '1024';
    return new Podman(await mkdtemp(join(tmpdir(), 'tureen-podman-')), mostFiles);
  }

  /** The command line of one of podman's commands. */
  command(...args: readonly string[]): string[] {
    const places = ['--root', join(this.folder, 'store'), '--runroot', join(this.folder, 'run')];
    // Nothing here wants a systemd on this machine.
    const parts = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', 'runc'];
    return ['podman', ...places, '--storage-driver', 'overlay', ...parts, ...args];
  }

  async run(...args: readonly string[]): Promise<Outcome> {
    return await run(this.command(...args));
  }

  /** Runs a command that has to succeed. @returns what it printed */
  async succeed(...args: readonly string[]): Promise<string> {
    return await succeed(this.command(...args));
  }

  /** The start of a container. Podman's own limits may be above those of this machine, which only Docker's daemon may raise. */
  container(name: string, ...args: readonly string[]): string[] {
    const limits = ['--ulimit', `nofile=${this.mostFiles}:${this.mostFiles}`, '--ulimit', 'nproc=4096:4096'];
    // Its timer would be systemd's: the tests ask for the health themselves.
    return this.command('run', '--name', name, ...limits, '--health-interval', 'disable', ...args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run('rm', '--force', '--all', '--time', '0');
    await this.run('system', 'reset', '--force');
    await rm(this.folder, { recursive: true, force: true });
  }
}
