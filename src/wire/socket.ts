import type { Logger } from '../core/log.ts';
import { maxFrameBytes } from './envelope.ts';

/** What is done with a socket. */
export interface WireSocket {
  /** @returns false when the frame was dropped, for the client does not read. */
  send(text: string): boolean;
  /** Runs the task; what it sends goes out in one write. */
  cork(task: () => void): void;
  close(code: number, reason: string): void;
  /** Bytes that were sent and wait for the client to read. */
  unread(): number;
}

/** What happens on one socket, told to whatever speaks on it. */
export interface SocketListener {
  opened(socket: WireSocket): void;
  received(text: string): void;
  /** The client has read what it had not. */
  drained?(): void;
  /** The socket has closed, whoever closed it. */
  closed(code: number): void;
}

/** What the upgrade hands to the socket. */
export interface SocketData {
  readonly listener: SocketListener;
}

type Socket = Bun.ServerWebSocket<SocketData>;

/** Bun sends 1009 to a client whose frame is too large, but tells its handler 1006 with this reason (seen in 1.4.5). */
const tooBigReason = 'Received too big message';

/** Bytes that may wait for a client that does not read; then it is dropped, alone. */
const mostUnread = 1024 * 1024;

/**
 * The handlers and limits for Bun's socket, which go into `listen` once and serve every kind of connection. This is
 * the only file that knows that socket. Elysia's own is not used: one deeply nested frame ends its process.
 */
export function socketHandlers(options: {
  idleSeconds: number;
  log: Logger;
}): Bun.WebSocketHandler<SocketData> {
  // An exception in one of Bun's handlers would end the process, and every call with it.
  const guard = (socket: Socket, handle: () => unknown) => {
    try {
      handle();
    } catch (error) {
      options.log.error('a socket handler failed; its connection is closed', { error });
      socket.close(1011, 'internal: the server made a mistake; connect again');
    }
  };
  return {
    maxPayloadLength: maxFrameBytes,
    backpressureLimit: mostUnread,
    closeOnBackpressureLimit: true,
    idleTimeout: options.idleSeconds,
    sendPings: true,
    perMessageDeflate: false,
    open: (socket) => guard(socket, () => socket.data.listener.opened(narrow(socket))),
    // Binary frames are not of this protocol and are ignored.
    message: (socket, message) =>
      guard(socket, () => typeof message === 'string' && socket.data.listener.received(message)),
    drain: (socket) => guard(socket, () => socket.data.listener.drained?.()),
    close: (socket, code, reason) =>
      guard(socket, () => socket.data.listener.closed(reason === tooBigReason ? 1009 : code)),
  };
}

/** The sub-protocols that a request offers, the preferred first. */
export function offeredProtocols(request: Request): string[] {
  return (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((entry) => entry.trim());
}

export interface Upgrade {
  readonly request: Request;
  readonly server: Bun.Server<SocketData>;
  /** The sub-protocol that is spoken, one of those offered. */
  readonly protocol: string;
  readonly listener: SocketListener;
}

/** Turns the request of an Elysia route into a socket. @returns an answer only when it is no WebSocket handshake */
export function upgradeSocket({ request, server, protocol, listener }: Upgrade): Response | undefined {
  const headers = { 'Sec-WebSocket-Protocol': protocol };
  if (server.upgrade(request, { headers, data: { listener } })) return undefined;
  return refusal(426, 'this address is for WebSocket connections');
}

/** The answer to a handshake that is malformed. */
export function refusal(status: number, sentence: string): Response {
  return new Response(`${sentence}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

function narrow(socket: Socket): WireSocket {
  return {
    send: (text) => socket.send(text) !== 0,
    cork: (task) => void socket.cork(task),
    close: (code, reason) => socket.close(code, reason),
    unread: () => socket.getBufferedAmount(),
  };
}
