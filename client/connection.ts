import { ClientError, errorOfReason, messageOf } from './errors.ts';
import { byteLength } from './portable.ts';
import {
  type MethodName,
  type MethodParams,
  type MethodResult,
  maxFrameBytes,
  type Notification,
  type NotificationData,
  type ServerRequest,
  subProtocol,
  tokenPrefix,
} from './protocol.ts';
import { RequestWindow } from './request-window.ts';

export interface ConnectionOptions {
  /** Address of the server: http, https, ws or wss. */
  url: string | URL;
  roomId: string;
  peerId: string;
  token?: string;
  /** Whether the server should send its bandwidth estimate. */
  bandwidthEstimate: boolean;
  /** Milliseconds for the connection to open. */
  connectTimeout: number;
  /** Milliseconds for one answer of the server. */
  requestTimeout: number;
  onNotification: (notification: Notification) => void;
  /** Resolves to accept, rejects to refuse. */
  onRequest: (request: ServerRequest) => Promise<void>;
  onClosed: (end: ConnectionEnd) => void;
}

/** How a connection ended. */
export interface ConnectionEnd {
  readonly closeCode: number;
  readonly reason: string;
}

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: ClientError) => void;
  /** Runs from the moment when it is sent. */
  timer?: ReturnType<typeof setTimeout>;
  readonly bytes: number;
}

export interface RequestOptions {
  /** Milliseconds for the answer. */
  readonly timeout?: number;
  /** Is sent before requests that wait for their turn. */
  readonly urgent?: boolean;
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

/** A JWT is base64url and dots (RFC 7515); a sub-protocol allows few other characters. */
const tokenCharacters = /^[\w.~+-]+$/;

/** One signaling socket: protoo's envelope, requests with time-outs, answers to the server's requests. */
export class Connection {
  readonly #waiting = new Map<number, Waiting>();
  readonly #window = new RequestWindow();
  readonly #socket: WebSocket;
  #lastId = 0;
  #ended = false;
  #entered: () => void = () => {};
  #welcome: NotificationData<'welcome'> | undefined;
  #refused: (error: ClientError) => void = () => {};

  private constructor(private readonly options: ConnectionOptions) {
    const { token } = options;
    const protocols = token === undefined ? [subProtocol] : [subProtocol, `${tokenPrefix}${token}`];
    if (token !== undefined && !tokenCharacters.test(token)) {
      throw new ClientError('unauthorized', 'the token has characters that no JWT has; get a new token');
    }
    this.#socket = new WebSocket(socketAddress(options), protocols);
    this.#socket.addEventListener('message', ({ data }) => this.#received(String(data)));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end({ closeCode: code, reason }));
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
    this.#lastId += 1;
    const id = this.#lastId;
    const text = JSON.stringify({ request: true, id, method, data });
    const bytes = byteLength(text);
    if (bytes > maxFrameBytes) return Promise.reject(tooLarge(method, bytes));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { resolve, reject, bytes };
      this.#waiting.set(id, waiting);
      const send = () => {
        waiting.timer = setTimeout(() => this.#timedOut(id, method, timeout), timeout);
        this.#sendText(text);
      };
      if (urgent) this.#window.pushUrgent({ bytes, send });
      else this.#window.push({ bytes, send });
    });
  }

  /** Ends the connection. Calls `onClosed` once. */
  close(closeCode = 1000, reason = ''): void {
    this.#end({ closeCode, reason });
  }

  #send(frame: object): void {
    this.#sendText(JSON.stringify(frame));
  }

  #sendText(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  #timedOut(id: number, method: string, timeout: number): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(new ClientError('timeout', `the server did not answer ${method} within ${timeout} ms`));
    // A server that is silent for so long counts as dead, even if the socket is open.
    this.#end({ closeCode: 1006, reason: '' });
  }

  #received(text: string): void {
    if (this.#ended) return;
    const frame = JSON.parse(text) as Frame;
    if (frame.response) this.#settle(frame);
    else if (frame.request) this.#answer(frame);
    else if (frame.notification) this.#notified(frame as unknown as Notification);
  }

  #notified(notification: Notification): void {
    if (notification.method === 'welcome') {
      this.#welcome = notification.data;
      this.#entered();
    }
    this.options.onNotification(notification);
  }

  #settle({ id = 0, ok, data, errorReason = '' }: Frame): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
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
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(1000);
    this.#window.clear();
    const error = new ClientError('unreachable', 'the connection to the server was lost');
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    this.#refused(new ConnectionRefused(end));
    this.options.onClosed(end);
  }
}

function tooLarge(method: string, bytes: number): ClientError {
  return new ClientError(
    'too_large',
    `${method} has ${bytes} bytes, and the server takes ${maxFrameBytes}; send less in one message`,
  );
}

/** The connection ended before the server admitted the peer. */
export class ConnectionRefused extends ClientError {
  constructor(readonly end: ConnectionEnd) {
    const { code, message } = endError(end);
    super(code, message);
  }
}

/** The end of a connection as an error that can be shown to users. */
export function endError({ reason, closeCode }: ConnectionEnd): ClientError {
  if (reason !== '') return errorOfReason(reason, 'unreachable');
  return new ClientError(
    'unreachable',
    closeCode === 1006
      ? 'the server cannot be reached; check your network, whether the server runs, and whether it allows this page'
      : `the connection was closed with ${closeCode}`,
  );
}

function socketAddress({ url, roomId, peerId, bandwidthEstimate }: ConnectionOptions): URL {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!address.pathname.endsWith('/signaling')) {
    address.pathname = `${address.pathname.replace(/\/$/, '')}/signaling`;
  }
  address.hash = '';
  const query = { roomId, peerId, fast: '1', ...(bandwidthEstimate && { downlinkBwe: '1' }) };
  address.search = new URLSearchParams(query).toString();
  return address;
}
