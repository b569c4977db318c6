import { type Fields, Peer, WebSocketTransport } from 'protoo-client';
import { EventLog } from './event-log.ts';

/**
 * An existing application's connection: protoo-client as it is on npm. Among its events is also what happened to the
 * connection, such as `connection:open`.
 */
export class ProtooClient extends EventLog implements Disposable {
  readonly peer: Peer;

  /** `reject` names the requests of the server that this client refuses. */
  constructor(url: string, options: { reject?: readonly string[]; retries?: number } = {}) {
    super();
    const { reject = [], retries = 0 } = options;
    const retry = { retries, factor: 1, minTimeout: 10, maxTimeout: 10 };
    this.peer = new Peer(new WebSocketTransport(url, { retry }));
    for (const name of ['open', 'failed', 'disconnected', 'close'] as const)
      this.peer.on(name, () => this.received(`connection:${name}`, {}));
    this.peer.on('notification', ({ method, data }) => this.received(method, data));
    this.peer.on('request', ({ method, data }, accept, refuse) => {
      this.received(method, data);
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

  [Symbol.dispose](): void {
    this.peer.close();
  }
}
