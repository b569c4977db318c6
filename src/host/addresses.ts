import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { types } from 'mediasoup';
import type { Config } from '../config/config.ts';
import { anyAddress } from '../core/networks.ts';

/** Resolves a name to its IPv4 addresses. Tests pass one of their own. */
export type Lookup = (name: string) => Promise<string[]>;

/** What the node is called, and where it runs. */
export interface NodePlace {
  readonly node: string;
  readonly region: string | undefined;
}

/** The node's name and region: as configured, or as Fly.io sets them; otherwise the name of the host. */
export function nodePlace({ node, region, flyMachine, flyRegion }: Config): NodePlace {
  return { node: node ?? flyMachine ?? hostname(), region: region ?? flyRegion };
}

/**
 * Checks that the names to announce exist, and fills in the addresses that follow from the platform, where they are not
 * configured. On Fly.io UDP must bind the
 * address of fly-global-services, TCP binds every address, and the app's dedicated IPv4 is announced. Other nodes reach
 * the machine over Fly's private network.
 * https://fly.io/docs/networking/udp-and-tcp/
 * @throws Error that says which name could not be resolved and what to set instead
 */
export async function resolveAddresses(config: Config, resolve: Lookup = lookupIPv4): Promise<Config> {
  for (const name of config.announcedAddresses ?? []) if (isIP(name) === 0) await requireName(name, resolve);
  if (config.flyApp === undefined) return config;
  const {
    flyApp,
    flyPrivateIp,
    udpListenIp,
    announcedAddresses: configured,
    clusterAddress = flyPrivateIp,
  } = config;
  const [udp, announced] = await Promise.all([
    udpListenIp ??
      addressesOf('fly-global-services', 'TUREEN_UDP_LISTEN_IP', resolve).then(([first]) => first),
    configured ?? addressesOf(`${flyApp}.fly.dev`, 'TUREEN_ANNOUNCED_ADDRESS', resolve),
  ]);
  return Object.freeze({ ...config, udpListenIp: udp, announcedAddresses: announced, clusterAddress });
}

/**
 * Where worker `workerIndex` listens for media: UDP and TCP on base port + index, each announced under the first
 * address of its family. A node that listens on all addresses has a socket for each announced family.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcServerListenInfo
 */
export function listenInfos(config: Config, workerIndex: number): types.TransportListenInfo[] {
  const { listenIp, udpListenIp = listenIp, rtcBasePort } = config;
  const announced = announcedAddresses(config);
  const port = rtcBasePort === 0 ? {} : { port: rtcBasePort + workerIndex };
  const bind = (protocol: 'udp' | 'tcp', ip: string) =>
    [...boundAddresses(ip, announced), ...addressBesideLoopback(config)].map((address) => ({
      protocol,
      ...address,
      ...port,
    }));
  return [...bind('udp', udpListenIp), ...bind('tcp', listenIp)];
}

/** In development mode this opens no access: signaling is on loopback only, and media needs signaling. */
function addressBesideLoopback({ listensBesideLoopback }: Config): BoundAddress[] {
  const own = listensBesideLoopback ? ownAddress('IPv4') : undefined;
  return own === undefined ? [] : [{ ip: own }];
}

/** Where RTP without WebRTC is received: on the UDP address, in a port range of its own. */
export function rtpListenInfo(config: Config): types.TransportListenInfo {
  const udp = listenInfos(config, 0).find(({ protocol }) => protocol === 'udp');
  if (!udp)
    throw new Error('no UDP address to listen on for RTP; set TUREEN_LISTEN_IP or TUREEN_UDP_LISTEN_IP');
  const { ip, announcedAddress, flags } = udp;
  const [min, max] = config.rtpPorts;
  return { protocol: 'udp', ip, announcedAddress, flags, portRange: { min, max } };
}

/**
 * Where media of other nodes is received: on the address of the cluster, in a port range of its own. Workers send to
 * addresses only, so that of what is announced to clients the first that is no name is taken.
 */
export function pipeListenInfo(config: Config): types.TransportListenInfo {
  const { clusterAddress, pipePorts } = config;
  const [min, max] = pipePorts;
  const portRange = { min, max };
  if (clusterAddress !== undefined) return { protocol: 'udp', ip: clusterAddress, portRange };
  const info = { ...rtpListenInfo(config), portRange };
  if (info.announcedAddress === undefined || isIP(info.announcedAddress) !== 0) return info;
  const address = announcedAddresses(config).find((one) => isIP(one) === isIP(info.ip));
  return { ...info, ...(address !== undefined && { announcedAddress: address }) };
}

/** The address to which other nodes send media. */
export function pipeAddress(config: Config): string {
  const { announcedAddress, ip } = pipeListenInfo(config);
  return announcedAddress ?? ip;
}

/** The addresses in ICE candidates: the configured ones, else the listen address, else the host's first address. */
export function announcedAddresses(config: Config): string[] {
  const { announcedAddresses: configured, listenIp } = config;
  if (configured) return configured;
  if (!anyAddress.has(listenIp)) return [listenIp];
  const family = listenIp === '::' ? 'IPv6' : 'IPv4';
  return [ownAddress(family) ?? (family === 'IPv6' ? '::1' : '127.0.0.1')];
}

/** The first address of the host that is not loopback. */
function ownAddress(family: 'IPv4' | 'IPv6'): string | undefined {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find((one) => one && !one.internal && one.family === family)?.address;
}

type BoundAddress = Pick<types.TransportListenInfo, 'ip' | 'announcedAddress' | 'flags'>;

function boundAddresses(ip: string, announced: readonly string[]): BoundAddress[] {
  // A host name has no family of its own, so it takes that of the listen address.
  const hasIPv6 = (address: string) => isIPv6(isIP(address) === 0 ? ip : address);
  if (!anyAddress.has(ip)) {
    const matching = announced.find((address) => hasIPv6(address) === isIPv6(ip)) ?? announced[0];
    return [{ ip, ...(matching !== ip && { announcedAddress: matching }) }];
  }
  const four = announced.find((address) => !hasIPv6(address));
  const six = announced.find((address) => hasIPv6(address));
  return [
    ...(four === undefined ? [] : [{ ip: '0.0.0.0', announcedAddress: four }]),
    // Two sockets share the port, so the one for IPv6 must not take IPv4 as well.
    ...(six === undefined ? [] : [{ ip: '::', announcedAddress: six, flags: { ipv6Only: true } }]),
  ];
}

/** A name that does not exist was mistyped; a resolver that does not answer now may answer when clients ask. */
async function requireName(name: string, resolve: Lookup): Promise<void> {
  const missing = await resolve(name).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOTFOUND',
  );
  if (missing)
    throw new Error(
      `TUREEN_ANNOUNCED_ADDRESS: got "${name}", which no name server knows; set it to the name or the address under which clients reach this host`,
    );
}

async function lookupIPv4(name: string): Promise<string[]> {
  const found = await lookup(name, { family: 4, all: true });
  return found.map(({ address }) => address);
}

async function addressesOf(name: string, variable: string, resolve: Lookup): Promise<string[]> {
  const needed = `on Fly.io the IPv4 address of ${name} is needed`;
  const found = await resolve(name).catch((error: Error) => {
    throw new Error(
      `${needed}, but the name cannot be resolved: ${error.message}. Set ${variable} to the address instead`,
      {
        cause: error,
      },
    );
  });
  if (found.length > 0) return found;
  throw new Error(`${needed}, but it has none. Allocate one (fly ips allocate-v4), or set ${variable}`);
}
