import type { Config } from '../config/config.ts';
import { SfuError } from '../core/errors.ts';
import { isLoopback } from '../core/networks.ts';
import { cleanText } from '../core/text.ts';

type Origins = Pick<Config, 'allowedOrigins' | 'developmentMode'>;

/** @param own the origins of this mesh @throws SfuError foreign_origin that names the origin and what would allow it */
export function requireOrigin(request: Request, config: Origins, own: () => readonly string[]): void {
  if (originAllowed(request, config)) return;
  // A page of one node goes on at another when its own ends. In development mode loopback is all there is.
  const { developmentMode } = config;
  if (!developmentMode && own().includes(request.headers.get('origin') ?? '')) return;
  const origin = request.headers.get('origin');
  const named = origin === null ? 'another site' : cleanText(origin, 200);
  throw new SfuError('foreign_origin', `pages of ${named} may not connect; ${toAllow(config)}`);
}

/** What would let the page in. */
export function toAllow({ developmentMode }: Pick<Origins, 'developmentMode'>): string {
  const host = developmentMode
    ? '; in development mode the server has to be reached at localhost or 127.0.0.1'
    : '';
  return `name it in TUREEN_ALLOWED_ORIGINS, with its scheme and port${host}`;
}

/**
 * Whether the web page that sent a request may use this server. In development mode every page of this machine may,
 * since the tools with which applications are made serve them at ports of their own.
 */
export function originAllowed(request: Request, { allowedOrigins, developmentMode }: Origins): boolean {
  const origin = request.headers.get('origin');
  if (developmentMode && (!hasLoopbackHost(request) || isEmbeddedElsewhere(request))) return false;
  // Only browsers send Origin, and only they can be misused by a page of another origin.
  if (origin === null || (developmentMode && isLoopbackOrigin(origin))) return true;
  if (allowedOrigins) return allowedOrigins.includes('*') || allowedOrigins.includes(origin);
  return !developmentMode && URL.canParse(origin) && new URL(origin).host === request.headers.get('host');
}

/**
 * Whether a page of another site sent a request, for development mode, where no key is needed: with a foreign host name
 * that resolves to this machine (DNS rebinding), from a foreign origin, or by embedding an address, such as that of an
 * image. Programs outside of a browser send neither Origin nor Sec-Fetch-Site.
 */
export function isForeignPage(request: Request): boolean {
  const origin = request.headers.get('origin');
  if (!hasLoopbackHost(request) || isEmbeddedElsewhere(request)) return true;
  return origin !== null && !isLoopbackOrigin(origin);
}

/** Without Origin, only Sec-Fetch-Site shows a page of another site (W3C Fetch Metadata). */
function isEmbeddedElsewhere({ headers }: Request): boolean {
  return headers.get('origin') === null && headers.get('sec-fetch-site') === 'cross-site';
}

/** Clients of HTTP/1.0 send no Host, browsers always do. */
function hasLoopbackHost({ headers }: Request): boolean {
  const host = headers.get('host');
  return host === null || isLoopbackOrigin(`http://${host}`);
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}
