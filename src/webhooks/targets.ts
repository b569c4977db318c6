import { isIP } from 'node:net';
import { addressTest } from '../access/address.ts';

/** Finds every address of a host name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Addresses that do not belong to one host on the internet (IANA special-purpose registries, multicast, 6to4). */
const specialPurpose = addressTest([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
]);
/**
 * The only range of IPv6 that is assigned to hosts on the internet. Loopback, link-local, unique local, IPv4-mapped,
 * NAT64 and multicast addresses are outside of it.
 */
const globalIpv6 = addressTest(['2000::/3']);

/**
 * Resolves names with c-ares, which uses the event loop. The system's resolver would block the threads that also verify
 * tokens and read files: sixty names of a name server that does not answer blocked all of that (measured).
 */
export const systemResolve: Resolve = async (name) => {
  const found = await Bun.dns.lookup(name, { backend: 'c-ares' });
  return found.sort((a, b) => a.family - b.family).map(({ address }) => address);
};

/** A target to which this server does not send, or that it cannot find. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Decides to which addresses webhooks may go. */
export class Targets {
  readonly #allowed: (address: string) => boolean;

  /** @param allowed addresses and ranges that are allowed although they are private, and without TLS */
  constructor(
    allowed: readonly string[],
    private readonly resolve: Resolve = systemResolve,
  ) {
    this.#allowed = addressTest(allowed);
  }

  /**
   * The addresses of a URL's host, after checking each of them. Connect to these, not to the name: it may resolve to other
   * addresses a moment later.
   * @throws TargetError when one of them is not allowed, or there is none
   */
  async addressesOf({ protocol, hostname }: URL): Promise<readonly string[]> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    if (protocol !== 'https:' && protocol !== 'http:')
      throw new TargetError(`${protocol} is not supported; use https`);
    const addresses = isIP(host) === 0 ? await this.#resolveHost(host) : [host];
    for (const address of addresses) {
      if (this.#allowed(address)) continue;
      if (!isPublic(address))
        throw new TargetError(
          `${describe(host, address)} is loopback, private or otherwise not on the internet; to allow it, add it to TUREEN_WEBHOOK_ALLOW`,
        );
      if (protocol === 'http:')
        throw new TargetError(
          `${describe(host, address)} must not be used without TLS; use https, or add it to TUREEN_WEBHOOK_ALLOW`,
        );
    }
    return addresses;
  }

  async #resolveHost(host: string): Promise<readonly string[]> {
    const addresses = await this.resolve(host).catch((error: Error) => {
      throw new TargetError(`the name ${host} has no address: ${error.message}`, { cause: error });
    });
    if (addresses.length === 0) throw new TargetError(`the name ${host} has no address`);
    return addresses;
  }
}

function isPublic(address: string): boolean {
  if (specialPurpose(address)) return false;
  return isIP(address) === 4 || globalIpv6(address);
}

function describe(host: string, address: string): string {
  return host === address ? address : `${host} (${address})`;
}
