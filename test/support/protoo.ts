import { type Fields, Peer, WebSocketTransport } from 'protoo-client';

/** An existing application's connection: protoo-client as it is on npm, and what it was told so far. */
export class ProtooClient implements Disposable {
  readonly #waiters = new Set<() => void>();
  /** Notifications and requests of the server, and what happened to the connection, in the order of their arrival. */
  readonly events: { readonly method: string; readonly data: Fields }[] = [];
  readonly peer: Peer;

  /** `reject` names the requests of the server that this client refuses. */
  constructor(url: string, options: { reject?: readonly string[]; retries?: number } = {}) {
    const { reject = [], retries = 0 } = options;
    const retry = { retries, factor: 1, minTimeout: 10, maxTimeout: 10 };
    this.peer = new Peer(new WebSocketTransport(url, { retry }));
    for (const name of ['open', 'failed', 'disconnected', 'close'] as const)
      this.peer.on(name, () => this.#happened(`connection:${name}`, {}));
    this.peer.on('notification', ({ method, data }) => this.#happened(method, data));
    this.peer.on('request', ({ method, data }, accept, refuse) => {
      this.#happened(method, data);
      if (reject.includes(method)) refuse(400, 'not wanted');
      else accept();
    });
  }

  static async open(url: string, options?: { reject?: readonly string[] }): Promise<ProtooClient> {
    const client = new ProtooClient(url, options);
    await client.waitFor('connection:open');
    return client;
  }

  request(method: string, data?: Fields): Promise<Fields> {
    return this.peer.request(method, data);
  }

  notify(method: string, data: Fields): Promise<void> {
    return this.peer.notify(method, data);
  }

  named(method: string): Fields[] {
    return this.events.filter((event) => event.method === method).map(({ data }) => data);
  }

  /** Waits for something that was told already or is to come. */
  async waitFor(method: string, matches: (data: Fields) => boolean = () => true): Promise<Fields> {
    for (;;) {
      const found = this.named(method).find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  [Symbol.dispose](): void {
    this.peer.close();
  }

  #happened(method: string, data: Fields): void {
    this.events.push({ method, data });
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
