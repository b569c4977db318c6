import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { until } from './until.ts';

export interface NatsServerOptions {
  /** Lines of its configuration beside where it listens. */
  readonly configuration?: string;
  /** Whether it has JetStream; it has unless told. */
  readonly jetStream?: boolean;
  /** Of its JetStream. */
  readonly domain?: string;
  /** Bytes that JetStream may keep; as many as the disk has room for unless told. */
  readonly maxStored?: number;
  /** Whether others may be leaf nodes of it. */
  readonly takesLeaves?: boolean;
  /** The server that it is a leaf node of. */
  readonly hub?: NatsServer;
  /** A network that it is in, in place of this machine's loopback. */
  readonly place?: NatsPlace;
}

export interface NatsPlace {
  /** What comes before a command that is to run there. */
  readonly command: readonly string[];
  /** Where this process reaches it. */
  readonly reachedAt: string;
}

/** Debian's nats-server, on loopback unless told. It can be killed, stopped and started again on its port. */
export class NatsServer implements AsyncDisposable {
  readonly port = freePort();
  /** Where its leaf nodes connect. */
  readonly leafPort = freePort();
  #child: Bun.Subprocess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly options: NatsServerOptions,
  ) {}

  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(await mkdtemp(join(tmpdir(), 'tureen-nats-')), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Starts it again, after `kill`. */
  async restart(): Promise<void> {
    const file = join(this.folder, 'nats.conf');
    await Bun.write(file, this.#configuration);
    const { command = [], reachedAt = '127.0.0.1' } = this.options.place ?? {};
    this.#child = Bun.spawn([...command, 'nats-server', '-c', file], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    await until(() => accepts(reachedAt, this.port), 'a nats-server that listens');
    // Somebody else may listen there by now.
    if (this.#child.exitCode !== null) throw new Error(`nats-server ended with ${this.#child.exitCode}`);
  }

  get #configuration(): string {
    const { jetStream = true, domain, maxStored, takesLeaves = false, hub, place } = this.options;
    const { configuration = '' } = this.options;
    const store = [
      `store_dir: "${join(this.folder, 'data')}"`,
      ...(domain === undefined ? [] : [`domain: ${domain}`]),
      ...(maxStored === undefined ? [] : [`max_file_store: ${maxStored}`]),
    ];
    const leaves = [
      ...(takesLeaves ? [`listen: "127.0.0.1:${this.leafPort}"`] : []),
      ...(hub ? [`remotes: [{ url: "nats://127.0.0.1:${hub.leafPort}" }]`] : []),
    ];
    return [
      `listen: "${place ? '0.0.0.0' : '127.0.0.1'}:${this.port}"`,
      ...(jetStream ? [`jetstream { ${store.join(', ')} }`] : []),
      ...(leaves.length > 0 ? [`leafnodes { ${leaves.join(', ')} }`] : []),
      `${configuration}\n`,
    ].join('\n');
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#child?.exited;
  }

  /** It is there and does nothing, until `thaw`. */
  freeze(): void {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGSTOP');
    // The signal is on its way when that returns, and until it arrives the server answers.
    for (let tries = 0; tries < 5000 && !standsStill(child.pid); tries += 1) Bun.sleepSync(1);
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Whether every thread of a process is stopped (proc(5), /proc/pid/task/tid/stat). */
function standsStill(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname, port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}
