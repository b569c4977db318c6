import { BlockList, isIP } from 'node:net';

/** Whether an address is one of those listed, each an IP address or a range such as 10.0.0.0/8. */
export type AddressTest = (address: string) => boolean;

/** @throws Error that names the entry which is neither an address nor a range */
export function addressTest(entries: readonly string[]): AddressTest {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return (address) => {
    const plain = plainAddress(address);
    const family = familyOf(plain);
    return family !== undefined && list.check(plain, family);
  };
}

/** Tells where a request comes from, given the other end of its connection. */
export type ClientAddress = (request: Request, direct: string) => string;

/** What it needs of the configuration. */
export interface AddressTrust {
  readonly trustedProxies?: readonly string[];
  readonly forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /** The app's name on Fly.io, where nobody but Fly's own proxy reaches the server and writes Fly-Client-IP. */
  readonly flyApp?: string;
}

/** The way in which this node tells where its clients are. */
export function clientAddresses({
  trustedProxies = [],
  forwardedHeader,
  flyApp,
}: AddressTrust): ClientAddress {
  const trusted = addressTest(trustedProxies);
  return (request, direct) => {
    const ofFly = flyApp === undefined ? null : request.headers.get('fly-client-ip');
    if (ofFly !== null && isIP(ofFly) !== 0) return ofFly;
    return clientAddress(request, direct, trusted, forwardedHeader);
  };
}

/**
 * Where a request comes from: the other end of the connection, or, when that is a trusted proxy, the last address in
 * X-Forwarded-For (or Forwarded, RFC 7239) that is not one. What stands before that, or before an entry that is no
 * address, was written by the client and proves nothing.
 */
export function clientAddress(
  request: Request,
  direct: string,
  trusted: AddressTest,
  header: AddressTrust['forwardedHeader'] = 'x-forwarded-for',
): string {
  let nearest = plainAddress(direct);
  const hops = (request.headers.get(header) ?? '').split(',').reverse();
  for (const hop of hops) {
    if (!trusted(nearest)) break;
    const address = readHop(header === 'forwarded' ? (/(?:^|;)\s*for=([^;]*)/i.exec(hop)?.[1] ?? '') : hop);
    if (address === undefined) break;
    nearest = address;
  }
  return nearest;
}

/** Reads 192.0.2.1, 192.0.2.1:443, 2001:db8::1, [2001:db8::1]:443, each of them perhaps in quotes. */
function readHop(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const withoutPort = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare;
  return isIP(withoutPort) === 0 ? undefined : plainAddress(withoutPort);
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const family = familyOf(address);
  const longest = family === 'ipv6' ? 128 : 32;
  const bits = prefix === undefined ? longest : Number(prefix);
  if (!family || !Number.isInteger(bits) || bits < 0 || bits > longest)
    throw new Error(`"${entry}" is neither an IP address nor a range such as 10.0.0.0/8`);
  list.addSubnet(address, bits, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** A socket for both families writes IPv4 addresses as ::ffff:192.0.2.1. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4
    ? address.slice(7)
    : address;
}
