import { ensurePackages } from '../../scripts/machine/packages.ts';
import { type BareHost, bareEnvironment } from './bare-host.ts';
import { ControlGroup } from './control-groups.ts';
import { type Outcome, run, succeed } from './run.ts';
import { until } from './until.ts';

/** The packages that a bare host needs so that it can be booted. */
export const bootable = ['systemd', 'systemd-sysv', 'dbus'];

/** A bare host whose own systemd runs, in a network of its own with one cable to this machine. */
export class BootedHost implements AsyncDisposable {
  readonly #cable = `tu${process.pid % 1_000_000}b`;
  /** A network of our own in 10.0.0.0/8, which differs between processes that run at once. */
  readonly #prefix = `10.${100 + (process.pid % 100)}.9`;
  #first = 0;

  private constructor(
    private readonly group: ControlGroup,
    private readonly process: Bun.Subprocess,
  ) {}

  /** @param host one that was made with the packages of `bootable` */
  static async boot(host: BareHost): Promise<BootedHost> {
    await ensurePackages(['systemd-container'], 'for the test of the systemd unit');
    const group = await ControlGroup.make();
    // What is there stands for this machine's own service manager: it need not know of the host.
    const alone = ['--register=no', '--keep-unit', '--private-network', '--console=pipe', '--quiet'];
    const command = group.inside(['systemd-nspawn', '--directory', host.root, '--boot', ...alone]);
    const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' });
    const booted = new BootedHost(group, child);
    await booted.#start().catch(async (error: Error) => {
      await booted[Symbol.asyncDispose]();
      throw error;
    });
    return booted;
  }

  /** Where this machine reaches it. */
  get address(): string {
    return `${this.#prefix}.2`;
  }

  /** Runs a command on the host to its end, as a log-in there would. */
  async run(...command: string[]): Promise<Outcome> {
    const enter = ['nsenter', '--target', String(this.#first), '--all'];
    return await run([...enter, ...command], { environment: bareEnvironment });
  }

  /** One property of a unit, as `systemctl show` prints it. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.run('systemctl', 'show', '--value', '-p', name, unit)).output.trim();
  }

  /** Looks again and again until something holds. What the host has logged helps to see why it does not. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const holdsAndLives = async () => {
      if (this.process.exitCode !== null) throw new Error(`the host ended before ${what} came about`);
      return await holds();
    };
    try {
      await until(holdsAndLives, what, 90_000);
    } catch (cause) {
      const { output } = await this.run('journalctl', '-n', '40', '-o', 'cat', '--no-pager');
      throw new Error(`${what} did not come about:\n${output}`, { cause });
    }
  }

  async #start(): Promise<void> {
    await this.until('its first process', async () => this.#findFirst());
    await this.until('its boot', async () => {
      const { output } = await this.run('systemctl', 'is-system-running');
      return output === 'running\n' || output === 'degraded\n';
    });
    await this.#connect();
  }

  #findFirst(): boolean {
    const { pid } = this.process;
    const { stdout } = Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)]);
    this.#first = Number.parseInt(stdout.toString(), 10) || 0;
    return this.#first > 0;
  }

  async #connect(): Promise<void> {
    const there = ['nsenter', '--target', String(this.#first), '--net'];
    const peer = ['peer', 'name', 'eth0', 'netns', String(this.#first)];
    await succeed(['ip', 'link', 'add', this.#cable, 'type', 'veth', ...peer]);
    await succeed(['ip', 'addr', 'add', `${this.#prefix}.1/24`, 'dev', this.#cable]);
    await succeed(['ip', 'link', 'set', this.#cable, 'up']);
    await succeed([...there, 'ip', 'addr', 'add', `${this.address}/24`, 'dev', 'eth0']);
    await succeed([...there, 'ip', 'link', 'set', 'eth0', 'up']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(['ip', 'link', 'del', this.#cable]);
    // The host outlives the program that booted it, but not its group.
    await this.group[Symbol.asyncDispose]();
    await this.process.exited;
  }
}
