import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianArchive } from './debian.ts';
import { type Outcome, run, succeed } from './run.ts';

/** How a command is run inside. */
export interface InsideOptions {
  /** Root unless told. */
  readonly user?: string;
  /** Makes everything read-only but for this folder, as a container may be started. */
  readonly readOnlyBut?: string;
}

/** Whether this user may make one: debootstrap and chroot are for root. */
export const mayMakeHosts = process.getuid?.() === 0 && process.platform === 'linux';

/** A folder with the least Debian there is: no Bun, no Node.js, no project. Programs run in it as on a host. */
export class BareHost implements AsyncDisposable {
  private constructor(readonly root: string) {}

  /** @param include names of packages that it has besides */
  static async make(include: readonly string[] = []): Promise<BareHost> {
    const archive = await debianArchive(include);
    const host = new BareHost(await mkdtemp(join(tmpdir(), 'tureen-host-')));
    await succeed(['tar', '--numeric-owner', '-C', host.root, '-xf', archive]);
    // A user inside has to get through the folder that is the root for it.
    await chmod(host.root, 0o755);
    return host;
  }

  /** The command that runs another one inside: with /proc and /dev, in a mount namespace that ends with it. */
  inside(command: readonly string[], options: InsideOptions = {}): string[] {
    const { user = 'root', readOnlyBut } = options;
    const steps = [
      ...(readOnlyBut === undefined
        ? []
        : [
            'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"',
            `mount -t tmpfs -o mode=0777 tmpfs "$0${readOnlyBut}"`,
          ]),
      'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"',
      `exec chroot --userspec=${user} "$0" "$@"`,
    ];
    return ['unshare', '--mount', 'sh', '-ec', steps.join('\n'), this.root, ...command];
  }

  /** Runs a command inside to its end. It sees this environment and nothing of ours. */
  async run(command: string[], environment: Record<string, string> = {}): Promise<Outcome> {
    return await run(this.inside(command), { environment: { ...bareEnvironment, ...environment } });
  }

  /** Puts a file inside. */
  async put(from: string, to: string): Promise<void> {
    await copyFile(from, join(this.root, to));
  }

  /**
   * Lets programs inside reach what this machine reaches: names and trusted certificates are the same.
   * @returns the environment that they need for it
   */
  async giveNetwork(): Promise<Record<string, string>> {
    for (const name of ['/etc/resolv.conf', '/etc/hosts']) await this.put(name, name);
    const trusted = process.env.SSL_CERT_FILE || '/etc/ssl/certs/ca-certificates.crt';
    if (!(await Bun.file(trusted).exists())) return {};
    const bundle = '/etc/ssl/certs/ca-certificates.crt';
    await mkdir(join(this.root, 'etc/ssl/certs'), { recursive: true });
    await this.put(trusted, bundle);
    return { SSL_CERT_FILE: bundle, NODE_EXTRA_CA_CERTS: bundle };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

/** The environment of a fresh log-in. */
export const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
};
