import { type ConnectionEnd, ConnectionRefused, wasCut } from './connection-end.ts';
import { ClientError, errorOfReason, messageOf } from './errors.ts';
import { byteLength, type Deferred, deferred } from './portable.ts';
import {
  closeComesBack,
  type MethodName,
  type MethodParams,
  type MethodResult,
  maxFrameBytes,
  type Notification,
  type NotificationData,
  type ServerRequest,
} from './protocol.ts';
import { RequestWindow } from './request-window.ts';
import { SentFrames } from './sent-frames.ts';
import { openSocket, openState, type SocketOptions } from './socket.ts';
import { type RequestOptions, tooLarge, WaitingRequests } from './waiting-requests.ts';

export interface ConnectionOptions extends SocketOptions {
  /** Milliseconds for the connection to open. */
  connectTimeout: number;
  /** Milliseconds for one answer of the server. */
  requestTimeout: number;
  onNotification: (notification: Notification) => void;
  /** Resolves to accept, rejects to refuse. */
  onRequest: (request: ServerRequest) => Promise<void>;
  /** The socket was cut. Returns whether `resume` will be called; otherwise the connection ends. */
  onCut: () => boolean;
  onClosed: (end: ConnectionEnd) => void;
}

interface Frame {
  readonly request?: boolean;
  readonly response?: boolean;
  readonly notification?: boolean;
  readonly id?: number;
  readonly method?: string;
  readonly ok?: boolean;
  readonly data?: unknown;
  readonly errorReason?: string;
}

/** Characters of the reason with which an offer of the server is refused. */
const maxRefusalLength = 200;

/** After so many frames the server is told that they have come. */
const acknowledgedFrames = 64;
/** How long a working connection takes to answer. */
const probeTimeoutMs = 3000;

/**
 * One signaling connection: protoo's envelope, requests with time-outs, answers to the server's requests. It goes on
 * over another socket when its socket is cut, and nothing that was sent is lost.
 */
export class Connection {
  readonly #waiting: WaitingRequests;
  readonly #window = new RequestWindow();
  readonly #sent = new SentFrames();
  /** Undefined while it is cut. */
  #socket: WebSocket | undefined;
  /** The servers of the mesh, as this one knows them. */
  nodes: NonNullable<NotificationData<'welcome'>['nodes']> = [];
  #ended = false;
  #entered: () => void = () => {};
  #welcome: NotificationData<'welcome'> | undefined;
  #refused: (error: ClientError) => void = () => {};
  /** Shows over the next socket, or on another server, that it goes on with this one; undefined when it cannot. */
  ticket: string | undefined;
  #resumeSeconds = 0;
  /** Set while another socket was opened and the server has not let it go on yet. */
  #returning: Deferred<void> | undefined;
  /** Frames of the server that have come, and of how many it was told so. */
  #received = 0;
  #acknowledged = 0;

  private constructor(private readonly options: ConnectionOptions) {
    this.#waiting = new WaitingRequests({
      mend: () => this.#abandonSocket(),
      failed: () => this.#end({ closeCode: 1006, reason: '' }),
    });
    this.#use(openSocket(options));
  }

  /**
   * Connects. Resolves when the server has admitted the peer and sent `welcome`, which is later than the opening of
   * the socket.
   * @throws ConnectionRefused
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    const timer = setTimeout(() => connection.#end({ closeCode: 1006, reason: '' }), options.connectTimeout);
    try {
      await new Promise<void>((resolve, reject) => {
        connection.#entered = resolve;
        connection.#refused = reject;
      });
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  /** The transports that the server opened for the first join over this connection. A later join requests new ones. */
  takeWelcome(): NotificationData<'welcome'> | undefined {
    const welcome = this.#welcome;
    this.#welcome = undefined;
    return welcome;
  }

  get open(): boolean {
    return !this.#ended;
  }

  /**
   * Sends a request; one of many waits until the server has answered some of them.
   * @throws ClientError with the server's code, `too_large`, `timeout`, or `unreachable`
   */
  request<N extends MethodName>(
    method: N,
    data: MethodParams<N>,
    { timeout = this.options.requestTimeout, urgent = false }: RequestOptions = {},
  ): Promise<MethodResult<N>> {
    if (this.#ended) return Promise.reject(new ClientError('unreachable', 'the connection has ended'));
    return new Promise((resolve, reject) => {
      const id = this.#waiting.nextId;
      const text = JSON.stringify({ request: true, id, method, data });
      const bytes = byteLength(text);
      if (bytes > maxFrameBytes) return reject(tooLarge(method, bytes));
      this.#waiting.add({ resolve, reject, bytes, method, timeout });
      const send = () => this.#waiting.sent(id, this.#sendText(text));
      if (urgent) this.#window.pushUrgent({ bytes, send });
      else this.#window.push({ bytes, send });
    });
  }

  /** For how long the server keeps our place when the socket is cut. */
  get resumeSeconds(): number {
    return this.#resumeSeconds;
  }

  /** Finds out whether the socket still works; if it does not, the connection goes on over another one. */
  probe(): void {
    if (this.#socket && !this.#returning) this.#acknowledge({ timeout: probeTimeoutMs });
  }

  /**
   * Tries once to go on over another socket.
   * @throws ConnectionRefused; when the server refused it for good, the connection has ended
   */
  async resume(timeoutMs: number): Promise<void> {
    if (this.#ended || this.ticket === undefined) throw new ClientError('gone', 'the connection has ended');
    const returning = deferred<void>();
    this.#returning = returning;
    const timer = setTimeout(() => this.#attemptFailed(), timeoutMs);
    try {
      this.#use(openSocket(this.options, { ticket: this.ticket, count: this.#received }));
      await returning.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the connection. Calls `onClosed` once. */
  close(closeCode = 1000, reason = ''): void {
    this.#end({ closeCode, reason });
  }

  #send(frame: object): void {
    this.#sendText(JSON.stringify(frame));
  }

  /** @returns the number of the frame */
  #sendText(text: string): number {
    const frame = this.#sent.add(text);
    // Before the server has said what it lacks, nothing is sent: that would be sent twice.
    if (this.#socket?.readyState === openState && !this.#returning) this.#socket.send(text);
    return frame;
  }

  #use(socket: WebSocket): void {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#take(String(data));
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket === this.#socket) this.#socketClosed({ closeCode: code, reason });
    });
  }

  #socketClosed(end: ConnectionEnd): void {
    if (this.#ended) return;
    if (!wasCut(end)) return this.#end(end);
    if (this.#returning) return this.#attemptFailed();
    if (this.ticket === undefined || !this.options.onCut()) return this.#end(end);
    this.#socket = undefined;
    this.#waiting.pause();
  }

  /** The socket does not work, whatever it says. @returns whether the connection goes on over another one */
  #abandonSocket(): boolean {
    const socket = this.#socket;
    if (!socket || this.ticket === undefined || !this.options.onCut()) return false;
    this.#socket = undefined;
    this.#waiting.pause();
    socket.close(closeComesBack);
    return true;
  }

  #attemptFailed(): void {
    this.#socket?.close(closeComesBack);
    this.#socket = undefined;
    const returning = this.#returning;
    this.#returning = undefined;
    returning?.reject(new ConnectionRefused({ closeCode: 1006, reason: '' }));
  }

  #resumed({ ticket, received, missed }: NotificationData<'resumed'>): void {
    this.ticket = ticket;
    const returning = this.#returning;
    this.#returning = undefined;
    if (missed) this.#startAgain();
    const lacking = this.#sent.after(missed ? 0 : received);
    // It may be that more was sent than is kept.
    if (!lacking) return this.#end({ closeCode: 1006, reason: '' });
    for (const text of lacking) this.#socket?.send(text);
    this.#waiting.goOn();
    returning?.resolve();
    // Before it has heard from us, the server cannot know that the ticket came.
    this.#acknowledge();
  }

  /** The server does not know any more what we lack. Both sides count from zero. */
  #startAgain(): void {
    this.#sent.reset();
    this.#window.clear();
    this.#received = 0;
    this.#waiting.abandon(new ClientError('gone', 'the connection was cut for too long; try again'));
  }

  #acknowledge(options: RequestOptions = {}): void {
    this.#acknowledged = this.#received;
    this.request('received', { count: this.#received }, { urgent: true, ...options }).catch(() => {});
  }

  #take(text: string): void {
    if (this.#ended) return;
    const frame = JSON.parse(text) as Frame;
    if (frame.method !== 'resumed') this.#received += 1;
    if (frame.response) this.#settle(frame);
    else if (frame.request) this.#answer(frame);
    else if (frame.notification) this.#notified(frame as unknown as Notification);
    const resumes = this.ticket !== undefined && !this.#ended;
    if (resumes && this.#received - this.#acknowledged >= acknowledgedFrames) this.#acknowledge();
  }

  #notified(notification: Notification): void {
    const { method, data } = notification;
    if (method === 'resumed') return this.#resumed(data);
    if (method === 'resumeTicket') {
      this.ticket = data.ticket;
      this.#resumeSeconds = data.seconds;
    } else if (method === 'welcome') {
      this.#welcome = data;
      this.nodes = data.nodes ?? [];
      this.#entered();
    }
    this.options.onNotification(notification);
  }

  #settle({ id = 0, ok, data, errorReason = '' }: Frame): void {
    const waiting = this.#waiting.take(id);
    if (!waiting) return;
    if (waiting.frame !== undefined) this.#sent.arrived(waiting.frame);
    this.#window.answered(waiting.bytes);
    if (ok) waiting.resolve(data as never);
    else waiting.reject(errorOfReason(errorReason, 'internal'));
  }

  #answer({ id, method, data }: Frame): void {
    this.options
      .onRequest({ method, data } as ServerRequest)
      .then(() => this.#send({ response: true, id, ok: true, data: {} }))
      .catch((error: unknown) => {
        const errorReason = messageOf(error).slice(0, maxRefusalLength);
        this.#send({ response: true, id, ok: false, errorCode: 500, errorReason });
      });
  }

  #end(end: ConnectionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#returning?.reject(new ConnectionRefused(end));
    if (this.#socket && this.#socket.readyState <= openState) this.#socket.close(1000);
    this.#window.clear();
    this.#waiting.abandon(new ClientError('unreachable', 'the connection to the server was lost'));
    this.#refused(new ConnectionRefused(end));
    this.options.onClosed(end);
  }
}
