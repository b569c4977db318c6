import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { types } from 'mediasoup';
import type { Config } from '../config/config.ts';

const anyAddress = new Set(['0.0.0.0', '::']);

/** Resolves a name to its IPv4 addresses; tests put another one in its place. */
export type Lookup = (name: string) => Promise<string[]>;

/** Who and where this node is. */
export interface NodePlace {
  readonly node: string;
  readonly region: string | undefined;
}

/** The node's name and region: configured, or Fly's, or the name of the host. */
export function nodePlace({ node, region, flyMachine, flyRegion }: Config): NodePlace {
  return { node: node ?? flyMachine ?? hostname(), region: region ?? flyRegion };
}

/**
 * Fills in what a host knows better than its operator. On Fly.io UDP must bind the address behind
 * fly-global-services, while TCP binds every address, and the address to announce is the app's dedicated IPv4.
 * https://fly.io/docs/networking/udp-and-tcp/
 * @throws Error that says which name could not be resolved and what to set instead
 */
export async function resolveAddresses(config: Config, resolve: Lookup = lookupIPv4): Promise<Config> {
  if (config.flyApp === undefined) return config;
  const { flyApp, udpListenIp, announcedAddresses: configured } = config;
  const [udp, announced] = await Promise.all([
    udpListenIp ??
      addressesOf('fly-global-services', 'TUREEN_UDP_LISTEN_IP', resolve).then(([first]) => first),
    configured ?? addressesOf(`${flyApp}.fly.dev`, 'TUREEN_ANNOUNCED_ADDRESS', resolve),
  ]);
  return Object.freeze({ ...config, udpListenIp: udp, announcedAddresses: announced });
}

/**
 * Where worker `workerIndex` listens for media: UDP and TCP on base port + index, each under the first announced
 * address of its family. A node that listens everywhere has a socket for each family that it announces.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcServerListenInfo
 */
export function listenInfos(config: Config, workerIndex: number): types.TransportListenInfo[] {
  const { listenIp, udpListenIp = listenIp, rtcBasePort } = config;
  const announced = announcedAddresses(config);
  const port = rtcBasePort === 0 ? {} : { port: rtcBasePort + workerIndex };
  const bind = (protocol: 'udp' | 'tcp', ip: string) =>
    [...boundAddresses(ip, announced), ...besideLoopback(config)].map((address) => ({
      protocol,
      ...address,
      ...port,
    }));
  return [...bind('udp', udpListenIp), ...bind('tcp', listenIp)];
}

/** Signaling stays on loopback in development mode, and without it nobody can use a media port of another address. */
function besideLoopback({ listensBesideLoopback }: Config): BoundAddress[] {
  const own = listensBesideLoopback ? ownAddress('IPv4') : undefined;
  return own === undefined ? [] : [{ ip: own }];
}

/** Where RTP without WebRTC is listened for: the address of UDP, and the range of ports for it. */
export function rtpListenInfo(config: Config): types.TransportListenInfo {
  const udp = listenInfos(config, 0).find(({ protocol }) => protocol === 'udp');
  if (!udp) throw new Error('no address is listened on for UDP');
  const { ip, announcedAddress, flags } = udp;
  const [min, max] = config.rtpPorts;
  return { protocol: 'udp', ip, announcedAddress, flags, portRange: { min, max } };
}

/** The addresses that clients are told: the configured ones, the listen address, or the first of the host's. */
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
  // A host name says nothing of its family; it belongs to whatever is listened on.
  const sixth = (address: string) => isIPv6(isIP(address) === 0 ? ip : address);
  if (!anyAddress.has(ip)) {
    const fitting = announced.find((address) => sixth(address) === isIPv6(ip)) ?? announced[0];
    return [{ ip, ...(fitting !== ip && { announcedAddress: fitting }) }];
  }
  const four = announced.find((address) => !sixth(address));
  const six = announced.find((address) => sixth(address));
  return [
    ...(four === undefined ? [] : [{ ip: '0.0.0.0', announcedAddress: four }]),
    // Two sockets share the port, so the one for IPv6 must not take IPv4 as well.
    ...(six === undefined ? [] : [{ ip: '::', announcedAddress: six, flags: { ipv6Only: true } }]),
  ];
}

async function lookupIPv4(name: string): Promise<string[]> {
  const found = await lookup(name, { family: 4, all: true });
  return found.map(({ address }) => address);
}

async function addressesOf(name: string, variable: string, resolve: Lookup): Promise<string[]> {
  const wanted = `on Fly.io the IPv4 address of ${name} is needed`;
  const found = await resolve(name).catch((error: Error) => {
    throw new Error(`${wanted}, and it cannot be resolved: ${error.message}. Set ${variable} to it instead`, {
      cause: error,
    });
  });
  if (found.length > 0) return found;
  throw new Error(
    `${wanted}, and it has none. Give the app one (fly ips allocate-v4), or set ${variable} to it`,
  );
}
