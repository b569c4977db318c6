import { ClientError } from './errors.ts';
import { resumePrefix, subProtocol, tokenPrefix } from './protocol.ts';

/** Opens a socket with these sub-protocols. */
export type WebSocketFactory = (url: URL, protocols: string[]) => WebSocket;

export interface SocketOptions {
  /** Address of the server: http, https, ws or wss. */
  readonly url: string | URL;
  readonly roomId: string;
  readonly peerId: string;
  readonly token?: string;
  /** The ticket of a connection to another server from which we move: it stands for the token. */
  readonly movingTicket?: string;
  /** Whether the server should send its bandwidth estimate. */
  readonly bandwidthEstimate: boolean;
  readonly webSocketFactory?: WebSocketFactory;
  /** It comes to listen, and needs no transport for sending at first. */
  readonly audience?: boolean;
}

/** What shows that a socket goes on with an earlier one. */
export interface Returning {
  readonly ticket: string;
  /** Frames of the server that have come. */
  readonly count: number;
}

/** `WebSocket.OPEN`; where there is a factory of sockets there may be no WebSocket. */
export const openState = 1;

/** A JWT is base64url and dots (RFC 7515); a sub-protocol allows few other characters. */
const tokenCharacters = /^[\w.~+-]+$/;

/** Opens a socket of the signaling protocol. @throws ClientError unauthorized for a token that cannot be one */
export function openSocket(options: SocketOptions, returning?: Returning): WebSocket {
  const { webSocketFactory = (url, protocols) => new WebSocket(url, protocols) } = options;
  return webSocketFactory(addressOf(options, returning), protocolsOf(options, returning));
}

function protocolsOf({ token, movingTicket }: SocketOptions, returning: Returning | undefined): string[] {
  // The ticket stands for the token.
  const ticket = returning?.ticket ?? movingTicket;
  if (ticket !== undefined) return [subProtocol, `${resumePrefix}${ticket}`];
  if (token === undefined) return [subProtocol];
  if (tokenCharacters.test(token)) return [subProtocol, `${tokenPrefix}${token}`];
  throw new ClientError('unauthorized', 'the token has characters that no JWT has; get a new token');
}

function addressOf(options: SocketOptions, returning?: Returning): URL {
  const { url, roomId, peerId, bandwidthEstimate, movingTicket, audience } = options;
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!address.pathname.endsWith('/signaling')) {
    address.pathname = `${address.pathname.replace(/\/$/, '')}/signaling`;
  }
  address.hash = '';
  const query = {
    roomId,
    peerId,
    fast: '1',
    resume: '1',
    move: '1',
    ...(!returning && movingTicket !== undefined && { moving: '1' }),
    roster: '1',
    ...(audience && { audience: '1' }),
    ...(returning && { received: String(returning.count) }),
    ...(bandwidthEstimate && { downlinkBwe: '1' }),
  };
  address.search = new URLSearchParams(query).toString();
  return address;
}
