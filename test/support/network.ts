import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this user may make networks. */
export const mayMakeNetworks = process.getuid?.() === 0 && Bun.which('ip') !== null;

/**
 * A network of its own in which a browser lives, joined to this machine by two cables: one for signaling, and one for
 * media, which a test can cripple without touching the other.
 */
export class ClientNetwork implements AsyncDisposable {
  readonly #name = `tureen-${process.pid}`;
  /** Four networks of our own in 10.0.0.0/8, which differ between processes that run at once. */
  readonly #prefix = `10.${100 + (process.pid % 100)}`;
  readonly #cables = ['m', 's'].map((kind) => `tu${process.pid}${kind}`);
  #folder = '';

  static async make(): Promise<ClientNetwork> {
    const network = new ClientNetwork();
    network.#folder = await mkdtemp(join(tmpdir(), 'tureen-network-'));
    run('ip', 'netns', 'add', network.#name);
    network.inside('ip', 'link', 'set', 'lo', 'up');
    for (const [index, cable] of network.#cables.entries()) {
      const far = `eth${index}`;
      run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', far, 'netns', network.#name);
      run('ip', 'addr', 'add', `${network.#prefix}.${index}.1/24`, 'dev', cable);
      run('ip', 'link', 'set', cable, 'up');
      network.inside('ip', 'addr', 'add', `${network.#prefix}.${index}.2/24`, 'dev', far);
      network.inside('ip', 'link', 'set', far, 'up');
    }
    return network;
  }

  /** This machine's address on the cable for media. */
  get mediaAddress(): string {
    return `${this.#prefix}.0.1`;
  }

  /** This machine's address on the cable for signaling. */
  get signalingAddress(): string {
    return `${this.#prefix}.1.1`;
  }

  /** Runs a command in the network. */
  inside(...command: string[]): void {
    run('ip', 'netns', 'exec', this.#name, ...command);
  }

  /** Nothing that is sent by UDP leaves the network any more. */
  dropUdp(): void {
    this.inside('ip', 'rule', 'add', 'ipproto', 'udp', 'blackhole');
  }

  /** The client gets another address for media, as after a change of the Wi-Fi. */
  changeMediaAddress(): void {
    this.inside('ip', 'addr', 'add', `${this.#prefix}.0.3/24`, 'dev', 'eth0');
    this.inside('ip', 'addr', 'del', `${this.#prefix}.0.2/24`, 'dev', 'eth0');
    // The second address of a network goes with the first one, unless the kernel is told otherwise.
    this.inside('ip', 'addr', 'replace', `${this.#prefix}.0.3/24`, 'dev', 'eth0');
  }

  /** A program that starts another one in the network. */
  async wrap(program: string): Promise<string> {
    const path = join(this.#folder, 'inside.sh');
    await Bun.write(path, `#!/bin/sh\nexec ip netns exec ${this.#name} ${program} "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cable of this.#cables) Bun.spawnSync(['ip', 'link', 'del', cable]);
    Bun.spawnSync(['ip', 'netns', 'del', this.#name]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
}
