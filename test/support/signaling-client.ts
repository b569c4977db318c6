import type { MethodName, MethodParams, MethodResult } from '../../src/signaling/methods/index.ts';
import { EventLog } from './event-log.ts';
import { Inbox } from './inbox.ts';
import { type SocketPlace, socketUrl } from './server.ts';

/** A message of the server in protoo's envelope. */
export interface Frame {
  readonly request?: boolean;
  readonly response?: boolean;
  readonly notification?: boolean;
  readonly id?: number;
  readonly method?: string;
  readonly ok?: boolean;
  readonly data?: Record<string, unknown>;
  readonly errorCode?: number;
  readonly errorReason?: string;
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

export interface ConnectOptions extends SocketPlace {
  token?: string;
  headers?: Record<string, string>;
  /** Whether requests of the server (newConsumer) are accepted; they are unless told. `later`: by `acceptAll`. */
  accept?: boolean | 'later';
  /** Whether it says that it knows every notification; it does unless told. */
  native?: boolean;
  /** The ticket with which it resumes. */
  ticket?: string;
}

/** A bare client of the signaling socket: it speaks the envelope and nothing of media. */
export class SignalingClient extends EventLog {
  /** Every message of the server as it came. */
  readonly frames = new Inbox<Frame>();
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #pending = new Map<
    number,
    { method: string; resolve: (data: never) => void; reject: (error: Error) => void }
  >();
  readonly #unanswered: number[] = [];
  #lastId = 0;

  private constructor(
    readonly socket: WebSocket,
    private readonly accept: boolean | 'later',
  ) {
    super();
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        const end = `closed with ${code} ${reason}`;
        for (const { method, reject } of this.#pending.values())
          reject(new Error(`${end} before "${method}" was answered`));
        this.#pending.clear();
        this.frames.end(end);
        this.ended(end);
        resolve({ code, reason });
      });
    });
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Frame));
  }

  /** Resolves when the socket is open, which is before the server let the peer in. */
  static async connect(options: ConnectOptions): Promise<SignalingClient> {
    const { token, ticket, headers, accept = true, native = true } = options;
    const protocols = ['protoo'];
    if (token !== undefined) protocols.push(`bearer.${token}`);
    if (ticket !== undefined) protocols.push(`resume.${ticket}`);
    // Bun's WebSocket takes more than the browser's type knows. Certificates of tests are vouched for by nobody.
    const init = { protocols, headers, tls: { rejectUnauthorized: false } } as unknown as string[];
    const socket = new WebSocket(`${socketUrl(options)}${native ? '&rejoin=1' : ''}`, init);
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
      this.#pending.set(id, { method, resolve, reject });
      this.sendFrame({ request: true, id, method, data });
    });
  }

  notify(method: string, data: unknown): void {
    this.sendFrame({ notification: true, method, data });
  }

  sendFrame(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Ends the connection as a lost network does: without a close frame. */
  async cut(): Promise<void> {
    // Bun's WebSocket has what the browser's lacks.
    (this.socket as WebSocket & { terminate(): void }).terminate();
    await this.closed;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #take(frame: Frame): void {
    this.frames.add(frame);
    if (frame.response) this.#settle(frame);
    else if (frame.method) {
      this.received(frame.method, frame.data ?? {});
      if (frame.request) this.#answer(frame);
    }
  }

  #settle(frame: Frame): void {
    const pending = this.#pending.get(frame.id ?? -1);
    this.#pending.delete(frame.id ?? -1);
    if (frame.ok) pending?.resolve(frame.data as never);
    else pending?.reject(new Refused(frame.errorCode ?? 0, frame.errorReason ?? ''));
  }

  /** Accepts what the server has asked for so far and got no answer to. */
  acceptAll(): void {
    for (const id of this.#unanswered.splice(0)) this.#accept(id);
  }

  #accept(id: number | undefined): void {
    this.sendFrame({ response: true, id, ok: true, data: {} });
  }

  #answer({ id }: Frame): void {
    if (this.accept === 'later') this.#unanswered.push(id ?? 0);
    else if (this.accept) this.#accept(id);
    else this.sendFrame({ response: true, id, ok: false, errorCode: 400, errorReason: 'not wanted' });
  }
}
