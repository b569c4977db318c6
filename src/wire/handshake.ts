import { requireId } from './check.ts';
import { tokenPrefix } from './envelope.ts';
import { chooseProtocol, offeredProtocols } from './socket.ts';

/** What a handshake has to pass before it is read (src/access/api-access.ts). */
export interface Gate {
  addressOf(request: Request, remoteAddress: string): string;
  requirePace(request: Request, remoteAddress: string): void;
  requireOrigin(request: Request): void;
}

/** What the handshake of every client says. The token is not logged. */
export interface ClientHandshake<P extends string> {
  /** The first of the known sub-protocols that the client offers. */
  readonly protocol: P;
  /** All sub-protocols that it offers. */
  readonly offered: readonly string[];
  readonly searchParams: URLSearchParams;
  readonly roomId: string;
  readonly token: string | undefined;
  readonly address: string;
}

/** Reads the handshake of a client, after it has passed the gate. @throws SfuError flood, no_sub_protocol, foreign_origin, invalid_params */
export function readHandshake<P extends string>(
  request: Request,
  { gate, protocols, remoteAddress }: { gate: Gate; protocols: readonly P[]; remoteAddress: string },
): ClientHandshake<P> {
  gate.requirePace(request, remoteAddress);
  const offered = offeredProtocols(request);
  const protocol = chooseProtocol(protocols, offered);
  gate.requireOrigin(request);
  const { searchParams } = new URL(request.url);
  const roomId = requireId('roomId in the address', searchParams.get('roomId') ?? '');
  const bearer = offered.find((entry) => entry.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  const token = bearer ?? searchParams.get('token') ?? undefined;
  const address = gate.addressOf(request, remoteAddress);
  return { protocol, offered, searchParams, roomId, token, address };
}
