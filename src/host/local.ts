import type { Config } from '../config/config.ts';

/** Where a server of this configuration is asked by programs on its own host. */
type Place = Pick<Config, 'host' | 'port' | 'tlsCert'>;

/** Longer than any answer takes that is worth having. */
const patience = 3000;

/**
 * Asks the server that runs on this host with this configuration.
 * @throws Error with the address, when nothing answers there in time
 */
export async function askLocal({ host, port, tlsCert }: Place, path: string): Promise<Response> {
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const name = reached.includes(':') ? `[${reached}]` : reached;
  const url = `http${tlsCert === undefined ? '' : 's'}://${name}:${port}${path}`;
  const signal = AbortSignal.timeout(patience);
  // The certificate is for the public name, and this is the same host.
  return await fetch(url, { signal, tls: { rejectUnauthorized: false } }).catch((error: Error) => {
    throw new Error(`${url}: ${error.message}`, { cause: error });
  });
}
