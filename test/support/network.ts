import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';

/** Whether this user may make networks. */
export const mayMakeNetworks = process.getuid?.() === 0 && Bun.which('ip') !== null;

const home = '192.168.77';

/**
 * A home network in which a browser lives, behind a router that translates addresses (NAT, masquerading): this machine
 * is outside and sees the router's address only. A second cable that leads past the router is for signaling, so that a
 * test can cripple the way of the media without touching the other.
 */
export class ClientNetwork implements AsyncDisposable {
  readonly #client = `tureen-${process.pid}-client`;
  readonly #router = `tureen-${process.pid}-router`;
  /** Networks of our own in 10.0.0.0/8, which differ between processes that run at once. */
  readonly #prefix = `10.${100 + (process.pid % 100)}`;
  readonly #cables = { media: `tu${process.pid}m`, signaling: `tu${process.pid}s` };
  #folder = '';

  static async make(): Promise<ClientNetwork> {
    await ensurePackages(['nftables'], 'for the tests in a network of their own');
    const network = new ClientNetwork();
    network.#folder = await mkdtemp(join(tmpdir(), 'tureen-network-'));
    network.#connect();
    network.#translate();
    return network;
  }

  /** This machine's address on the cable to the router. */
  get mediaAddress(): string {
    return `${this.#prefix}.0.1`;
  }

  /** This machine's address on the cable for signaling. */
  get signalingAddress(): string {
    return `${this.#prefix}.1.1`;
  }

  /** The address that the router has outside, which this machine takes for the client's. */
  get publicAddress(): string {
    return `${this.#prefix}.0.2`;
  }

  /** The router lets nothing through any more that is sent by UDP, as those of many offices do. */
  dropUdp(): void {
    this.#rule('add table ip office');
    this.#rule('add chain ip office forward { type filter hook forward priority 0; }');
    this.#rule('add rule ip office forward meta l4proto udp drop');
  }

  /** The client is in another home: it has another address, and so has its router outside. */
  changeAddresses(): void {
    replaceAddress(this.#router, 'wan', [this.publicAddress, `${this.#prefix}.0.3`]);
    replaceAddress(this.#client, 'eth0', [`${home}.2`, `${home}.3`]);
    inside(this.#client, 'ip', 'route', 'replace', 'default', 'via', `${home}.1`);
  }

  /** A program that starts another one in the network. */
  async wrap(program: string): Promise<string> {
    return await wrapperInside(this.#client, program, this.#folder);
  }

  #connect(): void {
    for (const name of [this.#client, this.#router]) {
      run('ip', 'netns', 'add', name);
      inside(name, 'ip', 'link', 'set', 'lo', 'up');
    }
    const { media, signaling } = this.#cables;
    run('ip', 'link', 'add', media, 'type', 'veth', 'peer', 'name', 'wan', 'netns', this.#router);
    run('ip', 'link', 'add', signaling, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', this.#client);
    run(
      'ip',
      'link',
      'add',
      'lan',
      'netns',
      this.#router,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.#client,
    );
    for (const [cable, address] of [
      [media, this.mediaAddress],
      [signaling, this.signalingAddress],
    ] as const) {
      run('ip', 'addr', 'add', `${address}/24`, 'dev', cable);
      run('ip', 'link', 'set', cable, 'up');
    }
    plug(this.#router, 'wan', this.publicAddress);
    plug(this.#router, 'lan', `${home}.1`);
    plug(this.#client, 'eth0', `${home}.2`);
    plug(this.#client, 'eth1', `${this.#prefix}.1.2`);
    inside(this.#client, 'ip', 'route', 'add', 'default', 'via', `${home}.1`);
  }

  #translate(): void {
    inside(this.#router, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1');
    this.#rule('add table ip nat');
    this.#rule('add chain ip nat out { type nat hook postrouting priority 100; }');
    this.#rule('add rule ip nat out oifname wan masquerade');
  }

  #rule(rule: string): void {
    inside(this.#router, 'nft', rule);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cable of Object.values(this.#cables)) Bun.spawnSync(['ip', 'link', 'del', cable]);
    for (const name of [this.#client, this.#router]) Bun.spawnSync(['ip', 'netns', 'del', name]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Gives an interface in a network its address. */
export function plug(network: string, link: string, address: string): void {
  inside(network, 'ip', 'addr', 'add', `${address}/24`, 'dev', link);
  inside(network, 'ip', 'link', 'set', link, 'up');
}

function replaceAddress(network: string, link: string, [before, after]: readonly [string, string]): void {
  inside(network, 'ip', 'addr', 'add', `${after}/24`, 'dev', link);
  inside(network, 'ip', 'addr', 'del', `${before}/24`, 'dev', link);
  // The second address of a network goes with the first one, unless the kernel is told otherwise.
  inside(network, 'ip', 'addr', 'replace', `${after}/24`, 'dev', link);
}

/**
 * A program that starts another one in a network, for those who start it by its path alone.
 * @returns its path, in the folder
 */
export async function wrapperInside(network: string, program: string, folder: string): Promise<string> {
  const path = join(folder, 'inside.sh');
  await Bun.write(path, `#!/bin/sh\nexec ip netns exec ${network} ${program} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

/** Runs a command in a network. */
export function inside(network: string, ...command: string[]): void {
  run('ip', 'netns', 'exec', network, ...command);
}

/** Runs a command, which must succeed. */
export function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`);
}
