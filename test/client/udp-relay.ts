import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A network of our own for media: what clients send to it goes to one port of the server, and back. */
export class UdpRelay implements Disposable {
  readonly #paths = new Map<string, Socket>();
  readonly #socket = open();
  #silent = false;

  private constructor(private readonly serverPort: number) {
    this.#socket.on('message', (data, { port, address }) => {
      if (!this.#silent) this.#path(port, address).send(data, this.serverPort, '127.0.0.1');
    });
  }

  static async to(serverPort: number): Promise<UdpRelay> {
    const relay = new UdpRelay(serverPort);
    relay.#socket.bind(0, '127.0.0.1');
    await once(relay.#socket, 'listening');
    return relay;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Drops everything, as a network does that is not there. */
  silence(): void {
    this.#silent = true;
  }

  restore(): void {
    this.#silent = false;
  }

  [Symbol.dispose](): void {
    for (const socket of [this.#socket, ...this.#paths.values()]) socket.close();
  }

  /** Each client has a socket of its own, by which the answers find back to it. */
  #path(port: number, address: string): Socket {
    const key = `${address}:${port}`;
    const known = this.#paths.get(key);
    if (known) return known;
    const socket = open();
    socket.on('message', (data) => {
      if (!this.#silent) this.#socket.send(data, port, address);
    });
    this.#paths.set(key, socket);
    return socket;
  }
}

function open(): Socket {
  // Who has closed its port answers with an error, which UDP tells at any later time, and which harms nobody.
  return createSocket('udp4').on('error', () => {});
}
