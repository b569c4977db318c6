import { SfuError } from '../core/errors.ts';

interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

const usualLimit = 50;

/**
 * A page of things that are in memory, in the order of their ids. What comes or goes between two pages shifts nothing:
 * the cursor is the last id.
 */
export function pageByKey<T>(
  entries: Iterable<readonly [string, T]>,
  { limit = usualLimit, cursor }: PageQuery,
): Page<T> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest = [...entries]
    .filter(([key]) => after === undefined || key > after)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const chosen = rest.slice(0, limit);
  const last = chosen.at(-1);
  const nextCursor = rest.length > limit && last ? writeCursor(last[0]) : null;
  return { items: chosen.map(([, item]) => item), nextCursor };
}

/** A page of numbered rows, the newest first. */
export function pageOfRows<T extends { readonly id: number }>(
  read: (query: { limit: number; before?: number }) => readonly T[],
  { limit = usualLimit, cursor }: PageQuery,
): Page<T> {
  const before = cursor === undefined ? undefined : readRowCursor(cursor);
  const rows = read({ limit: limit + 1, before });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? writeCursor(String(last.id)) : null };
}

function writeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  // Decoding skips what is not base64url; whoever made this one up gets told.
  if (writeCursor(key) !== cursor) throw wrongCursor();
  return key;
}

function readRowCursor(cursor: string): number {
  const id = Number(readCursor(cursor));
  if (!Number.isSafeInteger(id) || id < 1) throw wrongCursor();
  return id;
}

function wrongCursor(): SfuError {
  return new SfuError('invalid_params', 'cursor: it is not one of ours; take nextCursor of the page before');
}
