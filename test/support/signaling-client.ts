import type { Server } from '../../src/app/server.ts';
import type { MethodName, MethodParams, MethodResult } from '../../src/signaling/methods/index.ts';
import { socketUrl } from './server.ts';

interface Frame {
  request?: boolean;
  response?: boolean;
  notification?: boolean;
  id?: number;
  method?: string;
  ok?: boolean;
  data?: Record<string, unknown>;
  errorCode?: number;
  errorReason?: string;
}

export interface ReceivedEvent {
  readonly method: string;
  readonly data: Record<string, unknown>;
}

/** What the server answered to a request that it refused. */
export class Refused extends Error {
  constructor(
    readonly errorCode: number,
    readonly errorReason: string,
  ) {
    super(errorReason);
  }

  /** The stable code that opens the reason. */
  get code(): string {
    return this.errorReason.split(':')[0] ?? '';
  }
}

export interface ConnectOptions {
  server: Server;
  /** Where the server is reached; this machine unless told. */
  host?: string;
  roomId?: string;
  peerId?: string;
  token?: string;
  path?: string;
  headers?: Record<string, string>;
  /** Whether requests of the server (newConsumer) are accepted; they are unless told. */
  accept?: boolean;
}

/** A bare client of the signaling socket: it speaks the envelope and nothing of media. */
export class SignalingClient {
  readonly #pending = new Map<number, { resolve: (data: never) => void; reject: (error: Error) => void }>();
  readonly #waiters = new Set<() => void>();
  /** Notifications and requests of the server, in the order of their arrival. */
  readonly events: ReceivedEvent[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #lastId = 0;

  private constructor(
    readonly socket: WebSocket,
    private readonly accept: boolean,
  ) {
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        for (const { reject } of this.#pending.values()) reject(new Error(`closed with ${code} ${reason}`));
        this.#pending.clear();
        this.#wake();
        resolve({ code, reason });
      });
    });
    socket.addEventListener('message', ({ data }) => this.#received(JSON.parse(String(data)) as Frame));
  }

  /** Resolves when the socket is open, which is before the server let the peer in. */
  static async connect(options: ConnectOptions): Promise<SignalingClient> {
    const { server, roomId = 'room', peerId = 'alice', token, path, headers, accept = true } = options;
    const url = socketUrl(server, roomId, peerId, path).replace('127.0.0.1', options.host ?? '127.0.0.1');
    const protocols = token === undefined ? ['protoo'] : ['protoo', `bearer.${token}`];
    // Bun's WebSocket takes headers as well, which the browser's type does not know.
    const init = { protocols, headers } as unknown as string[];
    const socket = new WebSocket(url, init);
    const client = new SignalingClient(socket, accept);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error('the connection was refused')), { once: true });
    });
    return client;
  }

  /** Asks a method of the protocol. @throws Refused */
  request<N extends MethodName>(method: N, data: MethodParams<N>): Promise<MethodResult<N>> {
    return this.ask(method, data) as Promise<MethodResult<N>>;
  }

  /** As request, for data that the types would not allow. @throws Refused */
  ask(method: string, data?: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.sendFrame({ request: true, id, method, data });
    });
  }

  notify(method: string, data: unknown): void {
    this.sendFrame({ notification: true, method, data });
  }

  sendFrame(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The events of that name so far. */
  named(method: string): Record<string, unknown>[] {
    return this.events.filter((event) => event.method === method).map(({ data }) => data);
  }

  /** Waits for an event that came already or is to come. */
  async waitFor(method: string, matches: (data: Record<string, unknown>) => boolean = () => true) {
    for (;;) {
      const found = this.named(method).find(matches);
      if (found) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${method} came`);
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #received(frame: Frame): void {
    if (frame.response) this.#settle(frame);
    else if (frame.method) {
      this.events.push({ method: frame.method, data: frame.data ?? {} });
      if (frame.request) this.#answer(frame);
    }
    this.#wake();
  }

  #settle(frame: Frame): void {
    const pending = this.#pending.get(frame.id ?? -1);
    this.#pending.delete(frame.id ?? -1);
    if (frame.ok) pending?.resolve(frame.data as never);
    else pending?.reject(new Refused(frame.errorCode ?? 0, frame.errorReason ?? ''));
  }

  #answer({ id }: Frame): void {
    if (this.accept) this.sendFrame({ response: true, id, ok: true, data: {} });
    else this.sendFrame({ response: true, id, ok: false, errorCode: 400, errorReason: 'not wanted' });
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

/** Waits until a condition holds, looking again after every turn of the loop and a short rest. */
export async function until(condition: () => boolean, what = 'the condition', limit = 30_000): Promise<void> {
  const deadline = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${limit} ms`);
    await Bun.sleep(5);
  }
}
