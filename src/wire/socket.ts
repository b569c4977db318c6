import { SfuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { closeReason, closeRefused, maxFrameBytes } from './envelope.ts';
import { Liveness, LivenessWatch } from './liveness.ts';

/** A WebSocket, as the rest of the server uses it. */
export interface WireSocket {
  /** @returns false when the frame was dropped because the client reads too slowly */
  send(text: string): boolean;
  /** Runs the task and sends everything that it sends in one write. */
  cork(task: () => void): void;
  close(code: number, reason: string): void;
  /** Bytes that were sent and that the client has not read yet. */
  bufferedBytes(): number;
  /** Takes what is published to a topic from now on, until it closes. */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** Handles the events of one socket. */
export interface SocketListener {
  opened(socket: WireSocket): void;
  received(text: string): void;
  /** The client has read everything that was buffered. */
  drained?(): void;
  /** The socket has closed, from either side. */
  closed(code: number): void;
}

/** What the upgrade attaches to the socket. */
export interface SocketData {
  readonly listener: SocketListener;
  readonly liveness: Liveness;
}

type Socket = Bun.ServerWebSocket<SocketData>;

/** Bun sends 1009 to a client whose frame is too large, but gives its handler 1006 with this reason (seen in 1.4.5). */
const tooBigReason = 'Received too big message';

/** Bytes that may be buffered for a client that does not read; beyond that its socket is closed. */
const maxBufferedBytes = 1024 * 1024;

/**
 * The handlers and limits for Bun's sockets. They go into `listen` once and serve every kind of connection. A client
 * that sends nothing for `idleSeconds`, not even a pong, is disconnected. This is the only file that knows Bun's
 * socket. Elysia's WebSocket is not used: one deeply nested frame ends its process.
 */
export function socketHandlers(options: {
  idleSeconds: number;
  log: Logger;
}): Bun.WebSocketHandler<SocketData> {
  // An exception in one of Bun's handlers would end the process and with it every call.
  const guard = (socket: Socket, handle: () => unknown) => {
    try {
      handle();
    } catch (error) {
      options.log.error('a socket handler failed; its connection is closed', { error });
      socket.close(1011, 'internal: the server made a mistake; connect again');
    }
  };
  const watch = new LivenessWatch(options.idleSeconds);
  return {
    maxPayloadLength: maxFrameBytes,
    backpressureLimit: maxBufferedBytes,
    closeOnBackpressureLimit: true,
    // Bun restarts its timeout with each send, so it says nothing about the client. It is still needed for a socket that
    // the server has closed and whose client does not answer the close frame.
    idleTimeout: options.idleSeconds,
    sendPings: false,
    perMessageDeflate: false,
    open: (socket) =>
      guard(socket, () => {
        watch.add(socket);
        socket.data.listener.opened(wrap(socket));
      }),
    message: (socket, message) => {
      socket.data.liveness.heard();
      // The protocols have no binary frames: they are ignored.
      guard(socket, () => typeof message === 'string' && socket.data.listener.received(message));
    },
    ping: (socket) => socket.data.liveness.heard(),
    pong: (socket) => socket.data.liveness.heard(),
    drain: (socket) => guard(socket, () => socket.data.listener.drained?.()),
    close: (socket, code, reason) =>
      guard(socket, () => {
        watch.delete(socket);
        socket.data.listener.closed(reason === tooBigReason ? 1009 : code);
      }),
  };
}

/** The sub-protocols that a request offers, the preferred one first. */
export function offeredProtocols(request: Request): string[] {
  return (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((entry) => entry.trim());
}

/** @returns the first of these sub-protocols that the client offers @throws SfuError no_sub_protocol */
export function chooseProtocol<P extends string>(known: readonly P[], offered: readonly string[]): P {
  const chosen = known.find((protocol) => offered.includes(protocol));
  if (chosen !== undefined) return chosen;
  const wanted = known.map((protocol) => `"${protocol}"`).join(' or ');
  throw new SfuError('no_sub_protocol', `the WebSocket has to offer the sub-protocol ${wanted}`);
}

export interface Upgrade {
  readonly request: Request;
  readonly server: Bun.Server<SocketData>;
  /** The chosen sub-protocol, one of those offered. */
  readonly protocol: string;
  readonly listener: SocketListener;
}

/** Turns the request of an Elysia route into a socket. @returns a response only when it is not a WebSocket handshake */
export function upgradeSocket({ request, server, protocol, listener }: Upgrade): Response | undefined {
  const headers = { 'Sec-WebSocket-Protocol': protocol };
  if (server.upgrade(request, { headers, data: { listener, liveness: new Liveness() } })) return undefined;
  return text(426, 'this address takes WebSocket connections only; connect with a WebSocket client');
}

export interface Refusal extends Pick<Upgrade, 'request' | 'server'> {
  /** The sub-protocols that the address takes. */
  readonly protocols: readonly string[];
}

/** Refuses the handshake of a client. @returns the answer, or undefined when a socket tells a page of another origin */
export function refuseClient(error: SfuError, { request, server, protocols }: Refusal): Response | undefined {
  if (error.code !== 'foreign_origin') return refuseHandshake(error);
  const protocol = chooseProtocol(protocols, offeredProtocols(request));
  return refuseToPage(error, { request, server, protocol });
}

/** A page cannot read why its handshake failed, so it is told over a socket that closes at once. */
function refuseToPage(error: SfuError, upgrade: Omit<Upgrade, 'listener'>): Response | undefined {
  const listener: SocketListener = {
    opened: (socket) => socket.close(closeRefused, closeReason(error.reason)),
    received: () => {},
    closed: () => {},
  };
  return upgradeSocket({ ...upgrade, listener });
}

/** The response to a handshake that is refused. */
export function refuseHandshake({ status, reason, retryAfterSeconds }: SfuError): Response {
  return text(
    status,
    reason,
    retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` },
  );
}

function text(status: number, line: string, headers: Readonly<Record<string, string>> = {}): Response {
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return new Response(`${line}\n`, { status, headers: { ...type, ...headers } });
}

function wrap(socket: Socket): WireSocket {
  return {
    send: (text) => socket.send(text) !== 0,
    cork: (task) => void socket.cork(task),
    close: (code, reason) => socket.close(code, reason),
    bufferedBytes: () => socket.getBufferedAmount(),
    subscribe: (topic) => socket.subscribe(topic),
    unsubscribe: (topic) => void socket.unsubscribe(topic),
  };
}
