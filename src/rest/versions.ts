import { SfuError } from '../core/errors.ts';
import type { Operation } from '../operations/operation.ts';
import { operations } from '../operations/table/index.ts';

const versioned = operations.filter(({ versioned = false }) => versioned);
const readers = new Map(versioned.map((operation) => [operation.path, operation]));
const schemas = new Set(versioned.map(({ result }) => result));

/** The operation that reads what another one changes; undefined where that has no version. */
export function readerOf({ verb, path }: Pick<Operation, 'verb' | 'path'>): Operation | undefined {
  return verb === 'GET' || verb === 'POST' ? undefined : readers.get(path);
}

/** Whether an operation answers with an object that has a version. */
export function answersVersioned({ result }: Operation): boolean {
  return schemas.has(result);
}

/** A strong entity tag (RFC 9110, 8.8.3) of a representation. */
export function etagOf(text: string): string {
  const digest = new Bun.CryptoHasher('sha256').update(text).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
export function isKnown(header: string | null, etag: string): boolean {
  return header !== null && tagsOf(header).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}

/** If-Match compares strongly (RFC 9110, 13.1.1). @throws SfuError precondition_failed */
export function requireMatch(header: string, etag: string): void {
  if (tagsOf(header).some((tag) => tag === '*' || tag === etag)) return;
  throw new SfuError(
    'precondition_failed',
    'somebody changed it since you read it: If-Match names another version. Read it again, then decide anew',
  );
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
