import type { Config } from '../config/config.ts';

/** The settings that say where a server listens. */
type Listening = Pick<Config, 'host' | 'port' | 'tlsCert'>;

const answerTimeoutMs = 3000;

/**
 * Sends a GET request to the server that runs on this host with this configuration.
 * @throws Error with the address when there is no answer within three seconds
 */
export async function askLocal(listening: Listening, path: string): Promise<Response> {
  const url = localUrl(listening, path, 'http');
  const signal = AbortSignal.timeout(answerTimeoutMs);
  // The certificate names the public host, and this request goes to an address of this machine.
  return await fetch(url, { signal, tls: { rejectUnauthorized: false } }).catch((error: Error) => {
    throw new Error(`${url}: ${error.message}`, { cause: error });
  });
}

/** The address at which this host reaches it. */
export function localUrl({ host, port, tlsCert }: Listening, path: string, scheme: 'http' | 'ws'): string {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const hostPart = address.includes(':') ? `[${address}]` : address;
  return `${scheme}${tlsCert === undefined ? '' : 's'}://${hostPart}:${port}${path}`;
}
