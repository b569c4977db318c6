import { InvertedStatusMap } from 'elysia';
import { type ErrorCode, SfuError } from '../core/errors.ts';
import { maxBodyBytes, readText } from '../wire/body.ts';

/** The headers of a response that a page of another origin may read (Fetch, CORS protocol). */
const exposedHeaders =
  'Location, ETag, Link, Accept-Patch, Accept-Post, Allow, Retry-After, WWW-Authenticate';
const allowedHeaders = 'Authorization, Content-Type, If-Match';

/** The methods and media types that one address takes. */
export interface Resource {
  readonly methods: readonly string[];
  /** The media type of a POST. */
  readonly acceptPost?: string;
  /** The media types of a PATCH. */
  readonly acceptPatch?: string;
}

/** Lets the page that sent the request read the response. Cookies are not used, so credentials are not allowed. */
export function withCors(request: Request, response: Response): Response {
  const origin = request.headers.get('origin');
  response.headers.append('vary', 'Origin');
  if (origin === null) return response;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', exposedHeaders);
  return response;
}

/** Answers OPTIONS: a CORS preflight, or a client that asks what an address takes (RFC 9725, section 4.2). */
export function optionsResponse(resource: Resource): Response {
  const methods = resource.methods.join(', ');
  return new Response(null, {
    status: 200,
    headers: {
      allow: methods,
      ...acceptHeaders(resource),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': '7200',
    },
  });
}

/** @throws SfuError method_not_allowed */
export function refuseMethod(request: Request, { methods }: Resource): never {
  throw new SfuError(
    'method_not_allowed',
    `${request.method} is not for this address; it takes ${methods.join(', ')}`,
  );
}

/** An error as problem details (RFC 9457), with the headers that its status requires. */
export function problemResponse(error: SfuError, resource: Resource, request: Request): Response {
  const { status, code, message } = error;
  const body = {
    type: 'about:blank',
    title: InvertedStatusMap[status as keyof typeof InvertedStatusMap] ?? 'Error',
    status,
    code,
    detail: message,
  };
  const headers = { 'content-type': 'application/problem+json', ...headersOf(error, resource, request) };
  return new Response(JSON.stringify(body), { status, headers });
}

/** Reads a body that has one of these media types. @throws SfuError unsupported_media_type, too_large */
export async function readBody(
  request: Request,
  types: readonly string[],
): Promise<{ type: string; text: string }> {
  const given = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const type = types.find((accepted) => accepted === given);
  if (!type) {
    throw new SfuError(
      'unsupported_media_type',
      `the Content-Type is ${given === '' ? 'missing' : `"${given.slice(0, 80)}"`}; send ${types.join(' or ')}`,
    );
  }
  return { type, text: await readText(request, maxBodyBytes) };
}

function acceptHeaders({ acceptPost, acceptPatch }: Resource): Record<string, string> {
  return {
    ...(acceptPost !== undefined && { 'accept-post': acceptPost }),
    ...(acceptPatch !== undefined && { 'accept-patch': acceptPatch }),
  };
}

/** Retry-After: seconds after which the same request may succeed. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  draining: 10,
  busy: 10,
  worker_unavailable: 5,
  not_live: 3,
  room_full: 30,
  room_locked: 30,
};

function headersOf(error: SfuError, resource: Resource, request: Request): Record<string, string> {
  const { code } = error;
  const seconds = error.retryAfterSeconds ?? retryAfterSeconds[code];
  if (seconds !== undefined) return { 'retry-after': String(seconds) };
  if (code === 'unsupported_media_type') return acceptHeaders(resource);
  if (code === 'method_not_allowed') return { allow: resource.methods.join(', ') };
  if (code !== 'unauthorized') return {};
  // Without a token in the request the header names no error (RFC 6750, section 3).
  const tokenError = request.headers.has('authorization') ? ', error="invalid_token"' : '';
  return { 'www-authenticate': `Bearer realm="tureen"${tokenError}` };
}

/** @throws SfuError invalid_params */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SfuError('invalid_params', 'the body is not JSON; send JSON');
  }
}
