import { Type } from '@sinclair/typebox';
import type { StayEnd } from '../core/ends.ts';
import type { ErrorCode, SfuError } from '../core/errors.ts';

/** What every socket of this server shares: JSON text frames in protoo's envelope, their limits, and the close codes. */

/** The largest frame, in bytes; Bun closes the socket with 1009 beyond it. */
export const maxFrameBytes = 65_536;
/** How deep a frame may be nested. RTP parameters need 7. */
export const maxFrameDepth = 24;
export const subProtocol = 'protoo';
/** Prefix of the sub-protocol entry that carries the token. */
export const tokenPrefix = 'bearer.';

/** Prefix of the sub-protocol entry that carries the ticket with which a client resumes. */
export const resumePrefix = 'resume.';

/** The close code of a client that gives up a socket and comes back over another one. */
export const closeComesBack = 4001;
/** The close code after which protoo clients do not reconnect; its reason is `code: sentence`. */
export const closeRefused = 4000;
export const closePolicy = 1008;
export const closeRestart = 1012;
export const closeTryAgain = 1013;

/** Refusals that pass by themselves: a client that tries again soon gets in. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'draining',
  'busy',
  'worker_unavailable',
  'gone',
  'internal',
]);
/** After these a client connects again by itself, which it does after any code but 4000. */
const comesBack: ReadonlySet<StayEnd> = new Set(['draining', 'server_closed', 'rejoin']);

/** The close code of a client that is not let in. */
export function refusalCode({ code }: SfuError): number {
  return passing.has(code) ? closeTryAgain : closeRefused;
}

/** The close code of a client whose peer has ended. */
export function endCode(reason: StayEnd): number {
  return comesBack.has(reason) ? closeRestart : closeRefused;
}

export interface RequestFrame {
  readonly request: true;
  readonly id: number;
  readonly method: string;
  readonly data: unknown;
}

export interface NotificationFrame {
  readonly notification: true;
  readonly method: string;
  readonly data: unknown;
}

export type ResponseFrame =
  | { readonly response: true; readonly id: number; readonly ok: true; readonly data: unknown }
  | {
      readonly response: true;
      readonly id: number;
      readonly ok: false;
      readonly errorCode: number;
      readonly errorReason: string;
    };

/** Data of the application, passed on unchanged. */
export const AppData = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
  maxProperties: 64,
  description: 'Data of the application; `source` or `share: true` tell a shared screen from a camera',
});

/** The reply to a request that failed. */
export function failureFrame(id: number, error: SfuError): ResponseFrame {
  return { response: true, id, ok: false, errorCode: error.status, errorReason: error.reason };
}

/** Cuts a reason to the 123 bytes that fit into a close frame (RFC 6455, section 5.5). */
export function closeReason(reason: string): string {
  let cut = reason;
  while (Buffer.byteLength(cut) > 123) cut = cut.slice(0, -1);
  return cut;
}
