import type { Notification, ServerRequest } from './protocol.ts';

/** A message of the client in the protocol's envelope. */
export interface ClientFrame {
  readonly request?: boolean;
  readonly response?: boolean;
  readonly id?: number;
  readonly method?: string;
  readonly data?: unknown;
}

/** What is behind a socket. */
export interface FakeSocketHost {
  opened(socket: FakeSocket): void;
  received(socket: FakeSocket, frame: ClientFrame): void;
  closed(socket: FakeSocket): void;
}

const [connecting, open, closed] = [0, 1, 3];

/** What the client uses of a WebSocket, in memory: everything arrives in its order, and a moment later. */
export class FakeSocket extends EventTarget {
  readyState: number = connecting;
  #lastId = 0;
  readonly #asked = new Map<number, () => void>();

  constructor(
    readonly url: URL,
    private readonly host: FakeSocketHost,
  ) {
    super();
    queueMicrotask(() => {
      if (this.readyState !== connecting) return;
      this.readyState = open;
      this.dispatchEvent(new Event('open'));
      this.host.opened(this);
    });
  }

  /** By the client. */
  send(text: string): void {
    if (this.readyState !== open) return;
    queueMicrotask(() => {
      if (this.readyState === open) this.#take(JSON.parse(text) as ClientFrame);
    });
  }

  /** By the client. */
  close(code = 1000, reason = ''): void {
    this.end(code, reason);
  }

  notify({ method, data }: Notification): void {
    this.#write({ notification: true, method, data });
  }

  /** @param onAnswer called when the client has accepted it, or has not */
  request({ method, data }: ServerRequest, onAnswer: () => void = () => {}): void {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, onAnswer);
    this.#write({ request: true, id: this.#lastId, method, data });
  }

  answer(id: number, data: unknown): void {
    this.#write({ response: true, id, ok: true, data });
  }

  refuse(id: number, errorReason: string): void {
    this.#write({ response: true, id, ok: false, errorCode: 400, errorReason });
  }

  /** By the server; without a reason it is what a lost network looks like. */
  end(code: number, reason = ''): void {
    if (this.readyState === closed) return;
    // After what was written before.
    queueMicrotask(() => {
      if (this.readyState === closed) return;
      this.readyState = closed;
      this.host.closed(this);
      this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
    });
  }

  #take(frame: ClientFrame): void {
    const { response, id = 0 } = frame;
    if (!response) return this.host.received(this, frame);
    this.#asked.get(id)?.();
    this.#asked.delete(id);
  }

  #write(frame: object): void {
    const data = JSON.stringify(frame);
    queueMicrotask(() => {
      if (this.readyState === open) this.dispatchEvent(Object.assign(new Event('message'), { data }));
    });
  }
}
