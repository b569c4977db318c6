import { timingSafeEqual } from 'node:crypto';
import type { Config } from '../src/config/config.ts';

/** Who may read the metrics on the main port. */
export type Access =
  | { readonly kind: 'token'; readonly token: string }
  /** They are on a listener of their own. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'loopback' };

export function accessOf({
  metricsToken,
  metricsPort,
}: Pick<Config, 'metricsToken' | 'metricsPort'>): Access {
  if (metricsToken !== undefined) return { kind: 'token', token: metricsToken };
  return metricsPort === undefined ? { kind: 'loopback' } : { kind: 'elsewhere' };
}

/**
 * @param address where the connection comes from; undefined when that cannot be told, which is not this machine
 * @returns why the request is not answered, or undefined when it may pass
 */
export function refusalOf(
  access: Access,
  request: Request,
  address: string | undefined,
): Response | undefined {
  if (access.kind === 'elsewhere') return refuse(404, 'the metrics are served on TUREEN_METRICS_PORT');
  if (access.kind === 'token') {
    if (carries(request, access.token)) return undefined;
    const challenge = { 'www-authenticate': 'Bearer realm="metrics"' };
    return refuse(401, 'send the token of TUREEN_METRICS_TOKEN as "Authorization: Bearer ..."', challenge);
  }
  if (isLoopback(address) && !cameThroughProxy(request)) return undefined;
  return refuse(
    403,
    'only this machine may read the metrics; set TUREEN_METRICS_TOKEN, or TUREEN_METRICS_PORT for a port of their own',
  );
}

/** In development mode, where a page of another site could read them through the browser of this machine. */
export function refuseForeignPage(): Response {
  return refuse(403, 'in development mode only pages of this machine may read the metrics');
}

function carries(request: Request, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  const digest = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/.test(address);
}

/** A proxy on this machine connects from loopback for the whole world. */
function cameThroughProxy({ headers }: Request): boolean {
  return ['forwarded', 'x-forwarded-for', 'via', 'x-real-ip', 'fly-client-ip'].some((name) =>
    headers.has(name),
  );
}

function refuse(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  });
}
