import { SfuError } from '../core/errors.ts';

interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export const defaultPageSize = 50;

/**
 * A page of entries in memory, in the order of their ids. The cursor is the last id, so entries that come or go between
 * two pages shift nothing.
 */
export function pageByKey<T>(
  entries: Iterable<readonly [string, T]>,
  { limit = defaultPageSize, cursor }: PageQuery,
): Page<T> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest = [...entries]
    .filter(([key]) => after === undefined || key > after)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rest.length > limit && last ? writeCursor(last[0]) : null;
  return { items: page.map(([, item]) => item), nextCursor };
}

/** A page of objects in memory, in the order of their ids. */
export function pageById<T extends { readonly id: string }>(items: readonly T[], query: PageQuery): Page<T> {
  return pageByKey(
    items.map((item) => [item.id, item]),
    query,
  );
}

/** Where a page begins, and how long it is, for those who read no more than that. */
export function pageStart({ limit = defaultPageSize, cursor }: PageQuery) {
  return { after: cursor === undefined ? null : readCursor(cursor), limit };
}

/** A page of database rows with a number each, the newest first. */
export function pageOfRows<T extends { readonly id: number }>(
  read: (query: { limit: number; before?: number }) => readonly T[],
  query: PageQuery,
): Page<T> {
  return newestFirst(read, query, readNumber);
}

/** A page of database rows whose ids are in the order of their time, the newest first. */
export function pageOfTimedRows<T extends { readonly id: string }>(
  read: (query: { limit: number; before?: string }) => readonly T[],
  query: PageQuery,
): Page<T> {
  return newestFirst(read, query, readUuid);
}

function newestFirst<I extends number | string, T extends { readonly id: I }>(
  read: (query: { limit: number; before?: I }) => readonly T[],
  { limit = defaultPageSize, cursor }: PageQuery,
  readId: (key: string) => I,
): Page<T> {
  const before = cursor === undefined ? undefined : readId(readCursor(cursor));
  const rows = read({ limit: limit + 1, before });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? writeCursor(String(last.id)) : null };
}

/** A place in several lists as a cursor. */
export function writePlaces(places: Readonly<Record<string, number>>): string {
  return writeCursor(JSON.stringify(places));
}

/** @throws SfuError invalid_params for a cursor that was made up */
export function readPlaces(cursor: string): Record<string, number> {
  const text = readCursor(cursor);
  try {
    const places: unknown = JSON.parse(text);
    if (typeof places === 'object' && places !== null && Object.values(places).every(Number.isSafeInteger))
      return places as Record<string, number>;
  } catch {
    // Not JSON: made up.
  }
  throw wrongCursor();
}

function writeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  // Decoding ignores characters that are not base64url, so a cursor that does not encode back was made up.
  if (writeCursor(key) !== cursor) throw wrongCursor();
  return key;
}

function readNumber(key: string): number {
  const id = Number(key);
  if (!Number.isSafeInteger(id) || id < 1) throw wrongCursor();
  return id;
}

function readUuid(key: string): string {
  if (!/^[0-9a-f-]{36}$/.test(key)) throw wrongCursor();
  return key;
}

function wrongCursor(): SfuError {
  return new SfuError('invalid_params', 'cursor: must be the nextCursor of the page before');
}
