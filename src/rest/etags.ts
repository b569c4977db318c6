import { SfuError } from '../core/errors.ts';
import type { Operation, OperationContext } from '../operations/operation.ts';
import { operations } from '../operations/table/index.ts';

const versioned = operations.filter(({ versioned = false }) => versioned);
const readers = new Map(versioned.map((operation) => [operation.path, operation]));
const bySchema = new Map(versioned.map((operation) => [operation.result, operation]));

/** The operation that reads the object that another operation changes; undefined when the object has no version. */
export function readerOf({ verb, path }: Pick<Operation, 'verb' | 'path'>): Operation | undefined {
  return verb === 'GET' || verb === 'POST' ? undefined : readers.get(path);
}

/** Whether the result of an operation is an object that has a version. */
export function answersVersioned({ result }: Operation): boolean {
  return bySchema.has(result);
}

/** The entity tag of an object that an operation answers with; undefined when it has no version. */
export function etagOfResult(
  operation: Operation,
  result: unknown,
  context: OperationContext,
): string | undefined {
  const reader = bySchema.get(operation.result);
  return reader && etagOf(JSON.stringify(reader.versionOf?.(result, context) ?? result));
}

/** The strong entity tag (RFC 9110, 8.8.3) of a representation. */
export function etagOf(text: string): string {
  const digest = new Bun.CryptoHasher('sha256').update(text).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/** Whether If-None-Match names an entity tag. It compares weakly (RFC 9110, 13.1.2). */
export function matchesEtag(header: string | null, etag: string): boolean {
  return header !== null && tagsOf(header).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}

/**
 * Requires that If-Match names an entity tag. It compares strongly (RFC 9110, 13.1.1).
 * @throws SfuError precondition_failed
 */
export function requireMatch(header: string, etag: string): void {
  if (tagsOf(header).some((tag) => tag === '*' || tag === etag)) return;
  throw new SfuError(
    'precondition_failed',
    'it was changed after you read it: If-Match names another version. Read it again, then decide',
  );
}

function tagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim());
}
