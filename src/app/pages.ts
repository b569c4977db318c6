import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Elysia } from 'elysia';

/** Nothing from elsewhere, nothing inline: what a stolen name or message could do stops here. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self), fullscreen=(self)',
  'cross-origin-opener-policy': 'same-origin',
};

/** The client library, as a module: pages of every origin may load it, and only they decide what it does there. */
const library = '/client.js';
const libraryHeaders = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};

export interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The try-it page's files by path, e.g. "/" and "/page.js". Read once: what is served cannot change under a call. */
export async function loadPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.map(async (name): Promise<[string, PageFile][]> => {
    const file = Bun.file(join(folder, name));
    if (!(await file.exists())) return [];
    const body = new Uint8Array(await file.arrayBuffer());
    const etag = `"${Bun.hash(body).toString(36)}"`;
    const path = name === 'index.html' ? '/' : `/${name}`;
    const headers = path === library ? libraryHeaders : pageHeaders;
    return [[path, { body, type: file.type, etag, headers }]];
  });
  return new Map((await Promise.all(files)).flat());
}

/** The other nodes of a mesh, to which the page goes when its own ends. */
function policyWith(origins: readonly string[]): string {
  const sources = origins.flatMap((origin) => [origin, origin.replace(/^http/, 'ws')]);
  return contentSecurityPolicy.replace("connect-src 'self'", `connect-src 'self' ${sources.join(' ')}`);
}

/** Answers a GET for one of the files. @param origins where its scripts may connect, beside their own server */
export function serveFile(file: PageFile, request: Request, origins: readonly string[] = []): Response {
  const headers = {
    ...file.headers,
    ...(origins.length > 0 && { 'content-security-policy': policyWith(origins) }),
    'content-type': file.type,
    etag: file.etag,
    'cache-control': 'no-cache',
  };
  if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
  return new Response(file.body, { headers });
}

/** The try-it page without its start address, which it shares with the signaling socket. */
export function pagePlugin(files: ReadonlyMap<string, PageFile>) {
  const app = new Elysia({ name: 'page' });
  for (const [path, file] of files) {
    if (path !== '/') app.get(path, ({ request }) => serveFile(file, request));
  }
  return app;
}
