import type { SfuError } from '../../src/core/errors.ts';
import { headerText } from '../../src/core/text.ts';
import { escapeAttributes } from '../html/attributes.ts';

/** Nothing inline and nothing from other hosts, in case a hostile name gets past the escaping. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** On every response of the dashboard. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export function htmlResponse(
  html: string,
  options: { status?: number; headers?: Record<string, string> } = {},
): Response {
  const headers = { ...securityHeaders, 'content-type': 'text/html; charset=utf-8', ...options.headers };
  return new Response(escapeAttributes(html), { status: options.status ?? 200, headers });
}

/** After a form post: the browser requests the next page itself. */
export function redirect(to: string, headers: Record<string, string> = {}): Response {
  return new Response(null, {
    status: 303,
    headers: { ...securityHeaders, location: headerText(to), ...headers },
  });
}

/** When the same request may succeed. */
export function retryHeaders({ retryAfterSeconds }: SfuError): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
}
