import { BlockList, isIP } from 'node:net';

/** Whether an address is in a list of IP addresses and ranges. */
export type AddressTest = (address: string) => boolean;

/**
 * Makes the test for a list of IP addresses and ranges such as 10.0.0.0/8.
 * @throws Error that names the first entry that is neither
 */
export function addressTest(entries: readonly string[]): AddressTest {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return (address) => {
    const plain = plainAddress(address);
    const family = familyOf(plain);
    return family !== undefined && list.check(plain, family);
  };
}

/** Finds the client's IP address. @param remoteAddress the other end of the connection, perhaps a proxy */
export type ClientAddress = (request: Request, remoteAddress: string) => string;

/** The settings that say which proxies and headers to trust. */
export interface AddressTrust {
  readonly trustedProxies?: readonly string[];
  readonly forwardedHeader?: 'x-forwarded-for' | 'forwarded';
  /** The app's name on Fly.io. There only Fly's proxy reaches the server, so its Fly-Client-IP header is trusted. */
  readonly flyApp?: string;
}

/** How this node finds the addresses of its clients. */
export function clientAddresses({
  trustedProxies = [],
  forwardedHeader,
  flyApp,
}: AddressTrust): ClientAddress {
  const trusted = addressTest(trustedProxies);
  return (request, remoteAddress) => {
    const flyClient = flyApp === undefined ? null : request.headers.get('fly-client-ip');
    if (flyClient !== null && isIP(flyClient) !== 0) return flyClient;
    return clientAddress(request, remoteAddress, { trusted, header: forwardedHeader });
  };
}

/**
 * The client's address: the other end of the connection, or, when that is a trusted proxy, the last address in
 * X-Forwarded-For (or Forwarded, RFC 7239) that is not a trusted proxy. Entries before that, or before one that is not
 * an address, are ignored: the client could have written them.
 */
function clientAddress(
  request: Request,
  remoteAddress: string,
  options: { trusted: AddressTest; header?: AddressTrust['forwardedHeader'] },
): string {
  const { trusted, header = 'x-forwarded-for' } = options;
  let nearest = plainAddress(remoteAddress);
  const hops = (request.headers.get(header) ?? '').split(',').reverse();
  for (const hop of hops) {
    if (!trusted(nearest)) break;
    const address = readHop(header === 'forwarded' ? (/(?:^|;)\s*for=([^;]*)/i.exec(hop)?.[1] ?? '') : hop);
    if (address === undefined) break;
    nearest = address;
  }
  return nearest;
}

/** Reads 192.0.2.1, 192.0.2.1:443, 2001:db8::1 or [2001:db8::1]:443, with or without quotes. */
function readHop(text: string): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const withoutPort = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare;
  return isIP(withoutPort) === 0 ? undefined : plainAddress(withoutPort);
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const family = familyOf(address);
  const maxBits = family === 'ipv6' ? 128 : 32;
  const bits = prefix === undefined ? maxBits : Number(prefix);
  if (!family || !Number.isInteger(bits) || bits < 0 || bits > maxBits)
    throw new Error(`"${entry}" is neither an IP address nor a range such as 10.0.0.0/8`);
  list.addSubnet(address, bits, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** Turns ::ffff:192.0.2.1, which is how a dual-stack socket reports IPv4, into 192.0.2.1. */
function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4
    ? address.slice(7)
    : address;
}
