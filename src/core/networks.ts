import { isIP } from 'node:net';

/** A range of IP addresses (CIDR, RFC 4632), as numbers. */
interface Network {
  readonly version: 4 | 6;
  /** The address with the bits behind the prefix zero. */
  readonly address: bigint;
  readonly prefix: number;
}

/** The addresses to listen on that stand for every address of the host. */
export const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** One household or host has at least this much of IPv6 (RFC 6177), and any address in it at will. */
const ipv6Prefix = 64;
const bitsOf = (version: 4 | 6) => (version === 4 ? 32 : 128);

/**
 * Reads an address or a range and writes it in its one form: `198.51.100.8`, `198.51.100.0/24`, `2001:db8::/64`. An
 * IPv6 address without a prefix stands for its /64, an IPv4 address within IPv6 (::ffff:198.51.100.8) for itself.
 * @returns undefined for what is neither
 */
export function readNetwork(text: string): string | undefined {
  const [address = '', prefix, ...more] = text.trim().split('/');
  const parsed = parseAddress(address);
  if (!parsed || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return undefined;
  const usual = parsed.version === 4 ? 32 : ipv6Prefix;
  const bits =
    prefix === undefined ? usual : Number(prefix) - (address.includes(':') && parsed.version === 4 ? 96 : 0);
  if (bits < 0 || bits > bitsOf(parsed.version)) return undefined;
  return writeNetwork(maskOf({ ...parsed, prefix: bits }));
}

/** Every range that an address is in, each in the form of `readNetwork`; none for what is no address. */
export function networksAround(text: string): string[] {
  const parsed = parseAddress(text);
  if (!parsed) return [];
  const prefixes = Array.from({ length: bitsOf(parsed.version) + 1 }, (_, prefix) => prefix);
  return prefixes.map((prefix) => writeNetwork(maskOf({ ...parsed, prefix })));
}

/** The version of an IP address; 0 for what is none, such as a name. */
export function ipVersion(text: string): 0 | 4 | 6 {
  return isIP(text) as 0 | 4 | 6;
}

/** An address as the bytes of its packets: 4 or 16. @throws TypeError for what is no address */
export function addressBytes(text: string): Buffer {
  const version = isIP(text);
  if (version === 0) throw new TypeError(`"${text}" is no IP address`);
  const digits = (version === 4 ? parseIpv4(text) : parseIpv6(text)).toString(16);
  return Buffer.from(digits.padStart(version === 4 ? 8 : 32, '0'), 'hex');
}

function maskOf({ version, address, prefix }: Network): Network {
  const free = BigInt(bitsOf(version) - prefix);
  return { version, prefix, address: (address >> free) << free };
}

function parseAddress(text: string): Pick<Network, 'version' | 'address'> | undefined {
  // A zone (fe80::1%eth0) says where this host sees an address, not whose it is.
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 4) return { version, address: parseIpv4(text) };
  if (version !== 6) return undefined;
  const address = parseIpv6(text);
  return address >> 32n === 0xffffn ? { version: 4, address: address & 0xffffffffn } : { version, address };
}

function parseIpv4(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint {
  const ipv4 = /(?<=:)\d+(?:\.\d+){3}$/.exec(text)?.[0];
  const last = ipv4 === undefined ? 0n : parseIpv4(ipv4);
  const hexadecimal =
    ipv4 === undefined
      ? text
      : `${text.slice(0, -ipv4.length)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const [head = '', tail] = hexadecimal.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function writeNetwork({ version, address, prefix }: Network): string {
  if (version === 4) {
    const parts = [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn);
    return prefix === 32 ? parts.join('.') : `${parts.join('.')}/${prefix}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(16 * (7 - index))) & 0xffffn).toString(16),
  );
  // The URL parser writes the one recommended form (RFC 5952).
  return `${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}/${prefix}`;
}

/** Whether a host name or address, as in an address bar, is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
