/** A name, an IPv4 address or an IPv6 address in brackets, and a port (RFC 9110, section 7.2). */
const hostPattern = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;
/** What old load balancers and probes ask for by HTTP/1.0, which knows no Host. */
const withoutHost: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Elysia's setting for every app that listens: it looks for the path behind the host, and would begin with the eleventh
 * character of the address otherwise. Then `/abc/admin` is answered as `/admin` for a host of one letter.
 */
export const hostSetting = { handler: { standardHostname: false } } as const;

/**
 * Refuses a request whose Host is missing, doubled or no host. Bun makes the address of the request from it, or leaves
 * the host out of the address, so the path could be read wrongly.
 * @returns the answer, or undefined for a good one
 */
export function refuseBadHost(request: Request): Response | undefined {
  const host = request.headers.get('host');
  if (host === null ? withoutHost.has(request.url) : isHost(host)) return undefined;
  return new Response('send one Host header with a host name or address, and a port if it needs one\n', {
    status: 400,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
  });
}

function isHost(host: string): boolean {
  return hostPattern.test(host) && URL.canParse(`http://${host}`);
}
