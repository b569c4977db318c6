import { etagOf, matchesEtag } from './etags.ts';
import { basePath } from './headers.ts';
import { openApiDocument } from './openapi.ts';
import styles from './reference.css' with { type: 'text' };
import { referencePage } from './reference.tsx';

/** The page may load its stylesheet from here, and nothing else. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** The documents about the API, by path. They need no key: they say nothing about this server. */
export function documents(version: string): ReadonlyMap<string, (request: Request) => Response> {
  const style = `${basePath}/reference.css`;
  const openApi = () => JSON.stringify(openApiDocument(version));
  return new Map([
    [basePath, document('text/html; charset=utf-8', () => referencePage(version, style))],
    [style, document('text/css; charset=utf-8', () => styles)],
    [`${basePath}/openapi.json`, document('application/json', openApi)],
  ]);
}

/** A document that is written on the first request: it has hundreds of kilobytes, and few servers are asked for it. */
function document(type: string, write: () => string): (request: Request) => Response {
  let written: { readonly text: string; readonly headers: Record<string, string> } | undefined;
  return (request) => {
    const text = written?.text ?? write();
    written ??= { text, headers: { ...pageHeaders, 'content-type': type, etag: etagOf(text) } };
    const { headers } = written;
    return matchesEtag(request.headers.get('if-none-match'), headers.etag ?? '')
      ? new Response(null, { status: 304, headers })
      : new Response(text, { headers });
  };
}
