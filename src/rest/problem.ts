import { type ErrorCode, errorCodes, type SfuError } from '../core/errors.ts';
import type { Operation } from '../operations/operation.ts';
import { readerOf } from './etags.ts';
import { apiHeaders, basePath } from './headers.ts';
import { hasBody } from './read-params.ts';

/** An error as programs get it: application/problem+json (RFC 9457) with our stable code. */
export interface Problem {
  /** Address of the documentation of the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong, what was expected, what to do. */
  readonly detail: string;
  readonly code: ErrorCode;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
}

/** Retry-After: seconds after which a passing error is worth another try. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  flood: 1,
  worker_unavailable: 2,
  storage_unavailable: 10,
  draining: 10,
  busy: 10,
};

export function problemOf({ code, status, message, retryable }: SfuError): Problem {
  return {
    type: `${basePath}#${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    retryable,
  };
}

export function problemResponse(error: SfuError, headers: Record<string, string> = {}): Response {
  const seconds = error.retryAfterSeconds ?? retryAfterSeconds[error.code];
  return new Response(JSON.stringify(problemOf(error)), {
    status: error.status,
    headers: {
      ...apiHeaders,
      'content-type': 'application/problem+json',
      ...(error.status === 401 && { 'www-authenticate': 'Bearer realm="tureen"' }),
      ...(seconds !== undefined && { 'retry-after': String(seconds) }),
      ...headers,
    },
  });
}

/** `room_full` as `Room full`. */
function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Every error code that an operation can have over REST: its own, and those of REST itself. */
export function errorsOf(operation: Operation): ErrorCode[] {
  return [
    ...operation.errors,
    ...(['invalid_params', 'unauthorized', 'forbidden', 'flood', 'internal'] as const),
    ...(hasBody(operation) ? (['invalid_message', 'too_large', 'unsupported_media_type'] as const) : []),
    ...(operation.verb === 'GET' ? [] : (['storage_unavailable', 'storage_busy', 'unconfirmed'] as const)),
    ...(operation.verb === 'POST' ? (['idempotency_mismatch'] as const) : []),
    ...(readerOf(operation) ? (['precondition_failed'] as const) : []),
  ];
}

/** Error codes by HTTP status, in the order of the statuses: OpenAPI documents responses by status. */
export function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const statuses = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = errorCodes[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  return new Map([...statuses].sort(([a], [b]) => a - b));
}
