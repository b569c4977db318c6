import { SfuError } from '../core/errors.ts';

/** Why the database does not take writes. */
export interface Trouble {
  readonly kind: 'locked' | 'full' | 'read-only' | 'gone' | 'slow' | 'failing';
  /** What is wrong and what to do, as one sentence. */
  readonly reason: string;
}

/** Seconds after which a program that locked the database has probably finished. */
const lockedRetrySeconds = 1;

export const gone: Trouble = {
  kind: 'gone',
  reason:
    'the database is not in TUREEN_DATA_DIR any more, so what is written would be lost; put the folder back, or restart the server, which then begins without bans and users',
};

export const slow: Trouble = {
  kind: 'slow',
  reason: 'the data disk (TUREEN_DATA_DIR) does not confirm what is written; look at the disk',
};

/** Reads an error of SQLite or of the file system. @returns undefined for one that has nothing to do with the disk */
export function troubleOf(error: unknown): Trouble | undefined {
  const code = String((error as { code?: unknown }).code ?? '');
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return { kind: 'locked', reason: 'another program holds the database locked; end it, or try again soon' };
  }
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) {
    return { kind: 'full', reason: 'the data disk (TUREEN_DATA_DIR) is full; free some space on it' };
  }
  if (/^(SQLITE_READONLY|EROFS)/.test(code)) {
    return { kind: 'read-only', reason: 'the data disk (TUREEN_DATA_DIR) is read-only; make it writable' };
  }
  if (/^(SQLITE_(IOERR|CANTOPEN|CORRUPT|NOTADB)|EIO)/.test(code)) {
    return { kind: 'failing', reason: `the database cannot be written (${code}); look at the data disk` };
  }
  return undefined;
}

/** What a caller is told whose change was not stored. */
export function storageError({ kind, reason }: Trouble, cause?: unknown): SfuError {
  return kind === 'locked'
    ? new SfuError('storage_busy', reason, { cause, retryAfterSeconds: lockedRetrySeconds })
    : new SfuError('storage_unavailable', reason, { cause });
}

/** Whether an error says that something could not be stored. */
export function isStorageError(error: unknown): error is SfuError {
  return error instanceof SfuError && (error.code === 'storage_busy' || error.code === 'storage_unavailable');
}

/** Whether an error of SQLite says that a file is not what SQLite wrote. */
export function isDamage(error: unknown): error is Error & { code: string } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
}
