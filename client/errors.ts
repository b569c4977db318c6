import type { PeerEnd, ProducerEnd } from '../src/core/ends.ts';
import type { ErrorCode } from '../src/core/errors.ts';

/**
 * Every code of a ClientError: what the server refuses with and why it ends something (docs/protocol.md), and those of
 * the client:
 *
 * - `unreachable` the server does not answer, or the connection was lost
 * - `timeout` a request was not answered in time
 * - `not_joined` the call has not begun or is over
 * - `not_delivered` a message may not have reached the others
 * - `token_failed` the application's own function for tokens failed
 * - `moved` the call goes on over another connection
 * - `permission_denied`, `device_missing`, `device_busy`, `device_failed`, `unsupported` a camera, microphone or
 *   screen cannot be used
 */
export type ClientErrorCode =
  | ErrorCode
  | PeerEnd
  | ProducerEnd
  | 'unreachable'
  | 'timeout'
  | 'not_joined'
  | 'not_delivered'
  | 'token_failed'
  | 'moved'
  | 'permission_denied'
  | 'device_missing'
  | 'device_busy'
  | 'device_failed'
  | 'unsupported';

/** The one error class of the client. `code` is stable; a server that is newer may have one that is not listed yet. */
export class ClientError extends Error {
  override readonly name = 'ClientError';

  constructor(
    readonly code: ClientErrorCode,
    message: string,
    // ErrorOptions of ES2022, which applications for older targets do not have.
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What an error says, whoever threw it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error itself, or one around what the browser threw. */
export function asClientError(error: unknown, code: ClientErrorCode = 'internal'): ClientError {
  return error instanceof ClientError ? error : new ClientError(code, messageOf(error), { cause: error });
}

/** Reads the server's `code: sentence`. */
export function errorOfReason(reason: string, fallback: ClientErrorCode): ClientError {
  const match = /^([a-z_]+): (.+)$/s.exec(reason);
  return match?.[1] && match[2]
    ? new ClientError(match[1] as ClientErrorCode, match[2])
    : new ClientError(fallback, reason || 'the server gave no reason');
}

const transient: ReadonlySet<ClientErrorCode> = new Set([
  'gone',
  'worker_unavailable',
  'internal',
  'timeout',
  'wrong_state',
  'not_found',
]);

/** Whether rebuilding the media may succeed on a retry, e.g. because its worker is being replaced. */
export function isTransient(error: unknown): boolean {
  return !(error instanceof ClientError) || transient.has(error.code);
}

/** Whether the server refused something for a moment only. Any other error of publishing is a refusal. */
export function isMomentary(error: unknown): boolean {
  return error instanceof ClientError && (transient.has(error.code) || error.code === 'unreachable');
}
