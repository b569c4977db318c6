import type { Server } from '../../src/app/server.ts';

interface Pair {
  readonly client: Bun.Socket<unknown>;
  readonly server: Bun.Socket<unknown>;
}

/** A network of our own between a client and the server, which can be cut, and can go silent. */
export class TcpRelay implements Disposable {
  readonly #listener: Bun.TCPSocketListener<{ waiting: Buffer[]; pair?: Pair }>;
  readonly #pairs = new Set<Pair>();
  readonly #held: [Bun.Socket<unknown>, Buffer][] = [];
  #silent = false;
  #refusing = false;
  #refused = 0;

  constructor(private readonly server: Pick<Server, 'port'>) {
    this.#listener = Bun.listen<{ waiting: Buffer[]; pair?: Pair }>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (client) => {
          client.data = { waiting: [] };
          if (this.#refusing) this.#refuse(client);
          else void this.#connect(client);
        },
        data: (client, data) => {
          const { pair, waiting } = client.data;
          if (!pair) waiting.push(data);
          else this.#pass(pair.server, data);
        },
        close: (client) => this.#drop(client.data.pair),
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that were refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Breaks every connection, and refuses new ones until `restore`. */
  cut(): void {
    this.#refusing = true;
    this.breakAll();
  }

  /** Breaks every connection that is there. */
  breakAll(): void {
    for (const { client, server } of [...this.#pairs]) {
      client.terminate();
      server.terminate();
    }
  }

  /** Nothing gets through, and nobody is told. What is sent meanwhile arrives after `restore`, as with TCP. */
  silence(): void {
    this.#silent = true;
  }

  restore(): void {
    this.#refusing = false;
    this.#silent = false;
    for (const [to, data] of this.#held.splice(0)) to.write(data);
  }

  [Symbol.dispose](): void {
    this.breakAll();
    this.#listener.stop(true);
  }

  #refuse(client: Bun.Socket<unknown>): void {
    this.#refused += 1;
    client.terminate();
  }

  async #connect(client: Bun.Socket<{ waiting: Buffer[]; pair?: Pair }>): Promise<void> {
    const server = await Bun.connect({
      hostname: '127.0.0.1',
      port: this.server.port,
      socket: {
        data: (_socket, data) => this.#pass(client, data),
        close: () => this.#drop(client.data.pair),
      },
    }).catch(() => undefined);
    if (!server) return void client.terminate();
    const pair = { client, server };
    this.#pairs.add(pair);
    client.data.pair = pair;
    for (const data of client.data.waiting.splice(0)) server.write(data);
  }

  #pass(to: Bun.Socket<unknown>, data: Buffer): void {
    if (this.#silent) this.#held.push([to, Buffer.from(data)]);
    else to.write(data);
  }

  #drop(pair: Pair | undefined): void {
    if (!pair || !this.#pairs.delete(pair)) return;
    pair.client.end();
    pair.server.end();
  }
}
