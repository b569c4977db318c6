import { SfuError } from '../core/errors.ts';
import type { Remains } from '../sfu/rooms/traces.ts';
import type { Ban } from '../store/bans.ts';
import type { Requester } from './targets.ts';

export interface Removal {
  /** What is left of the peer after five seconds; normally nothing. */
  readonly remains: Remains;
  /** Nodes that have not said yet that their copies of what it sent are gone. No media can flow to them any more. */
  readonly pending?: readonly string[];
  /** The bans that were added with it. */
  readonly bans: readonly Ban[];
}

/** The bans that were written for a removal, or why they were not. */
export interface Stored {
  readonly bans: readonly Ban[];
  readonly error?: SfuError;
}

/** Lets a command go on when it cannot be recorded, and says so to the requester. */
export function goOn<P>({ warn }: Requester, prepare: (error: SfuError) => P) {
  return {
    prepare,
    warn: ({ message }: SfuError) => {
      warn?.(`it was done, but it is not in the audit log yet: ${message}`);
    },
  };
}

/** Lets the removal that is part of a ban go on when the ban cannot be stored, which is then an error all the same. */
export function goOnUnbanned<P>(done: string, prepare: (error: SfuError) => P) {
  const warn = (error: SfuError): never => {
    throw notBanned(error, done);
  };
  return { prepare, warn };
}

/** For a ban whose other part was done. */
export function notBanned({ code, message, retryAfterSeconds, cause }: SfuError, done: string): SfuError {
  return new SfuError(code, `${done}, but the ban is not stored: ${message}; then ban again`, {
    retryAfterSeconds,
    cause,
  });
}

export function withReason(sentence: string, reason: string): string {
  return reason ? `${sentence}: ${reason}` : sentence;
}

export function describeRemoval({ remains }: Removal): string {
  return remains.length === 0 ? 'done' : `incomplete: still there: ${remains.join(', ')}`;
}
