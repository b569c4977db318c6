export const basePath = '/api/v1';
/** On the answer of what was done, but not as it should be: a sentence. */
export const warningHeader = 'tureen-warning';

/** On every response. CORS is not supported, because a key must be kept on a server, never in a page. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
