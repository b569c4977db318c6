import { isIP } from 'node:net';
import { addressTest } from '../access/address.ts';

/** Finds every address of a host name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Addresses that are not of one host on the internet (IANA special-purpose registries, multicast, 6to4). */
const special = addressTest([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
]);
/**
 * The only range of IPv6 that is given out to hosts on the internet. Loopback, link-local, unique local, IPv4-mapped,
 * NAT64 and multicast addresses are all outside of it.
 */
const globalIpv6 = addressTest(['2000::/3']);

/**
 * By c-ares, which waits on the event loop. The system's own resolver waits on the threads that also verify tokens and
 * read files: sixty names of a name server that does not answer held all of that up for as long (measured).
 */
export const systemResolve: Resolve = async (name) => {
  const found = await Bun.dns.lookup(name, { backend: 'c-ares' });
  return found.sort((one, other) => one.family - other.family).map(({ address }) => address);
};

/** A target that this server does not send to, or cannot find. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Decides to which addresses webhooks may go. */
export class Targets {
  readonly #allowed: (address: string) => boolean;

  /** @param allowed addresses and ranges that may be sent to though they are private, and without TLS */
  constructor(
    allowed: readonly string[],
    private readonly resolve: Resolve = systemResolve,
  ) {
    this.#allowed = addressTest(allowed);
  }

  /**
   * The addresses of a URL's host, each of them checked. Whoever connects has to use these and not the name, which may
   * have other addresses a moment later.
   * @throws TargetError when one of them is not to be sent to, or there is none
   */
  async addressesOf({ protocol, hostname }: URL): Promise<readonly string[]> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (protocol !== 'https:' && protocol !== 'http:')
      throw new TargetError(`${protocol} is not sent to; use https`);
    const addresses = isIP(host) === 0 ? await this.#find(host) : [host];
    for (const address of addresses) {
      if (this.#allowed(address)) continue;
      if (!isPublic(address))
        throw new TargetError(
          `${describe(host, address)} is loopback, private or otherwise not on the internet; add it to TUREEN_WEBHOOK_ALLOW if it is meant`,
        );
      if (protocol === 'http:')
        throw new TargetError(
          `${describe(host, address)} is not sent to without TLS; use https, or add it to TUREEN_WEBHOOK_ALLOW`,
        );
    }
    return addresses;
  }

  async #find(host: string): Promise<readonly string[]> {
    const addresses = await this.resolve(host).catch((error: Error) => {
      throw new TargetError(`the name ${host} has no address: ${error.message}`, { cause: error });
    });
    if (addresses.length === 0) throw new TargetError(`the name ${host} has no address`);
    return addresses;
  }
}

function isPublic(address: string): boolean {
  if (special(address)) return false;
  return isIP(address) === 4 || globalIpv6(address);
}

function describe(host: string, address: string): string {
  return host === address ? address : `${host} (${address})`;
}
