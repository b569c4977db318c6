import { ClientError, errorOfReason } from './errors.ts';

/** How a connection ended. */
export interface ConnectionEnd {
  readonly closeCode: number;
  readonly reason: string;
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

/** Whether a socket was cut: a server that ends a connection says why. */
export function wasCut({ reason }: ConnectionEnd): boolean {
  return reason === '';
}
