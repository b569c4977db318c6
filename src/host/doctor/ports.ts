import { createSocket, type Socket } from 'node:dgram';
import { connect, createServer, isIPv6, type Server } from 'node:net';
import type { Config } from '../../config/config.ts';
import { announcedAddresses, listenInfos } from '../addresses.ts';
import { type Check, type Finding, fatal, warning } from './finding.ts';

interface Place {
  readonly protocol: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
  /** The variables that choose it. */
  readonly variables: string;
}

type Bound = { readonly place: Place; readonly socket: Socket | Server };

const echoPatience = 400;
/** Every port is tried at the boot; those of further workers differ by their number only. */
const mostPorts = 64;

/** The ports can be bound, and a packet sent to the announced address comes back here. */
export const ports: Check = {
  name: 'ports',
  bindsPorts: true,
  async look({ config }) {
    const findings: Finding[] = [];
    const bound: Bound[] = [];
    for (const place of placesOf(config)) {
      try {
        bound.push({ place, socket: await bind(place) });
      } catch (error) {
        findings.push(cannotBind(place, error as NodeJS.ErrnoException));
      }
    }
    const reached = config.rtcBasePort === 0 ? [] : await reachOurselves(config, bound);
    await Promise.all(bound.map(({ socket }) => close(socket)));
    return [...findings, ...reached];
  },
};

function placesOf(config: Config): Place[] {
  const { host, port, adminHost, adminPort, metricsHost, metricsPort } = config;
  const http: Place[] = [{ protocol: 'tcp', host, port, variables: 'PORT or HOST' }];
  if (adminPort !== undefined)
    http.push({ protocol: 'tcp', host: adminHost, port: adminPort, variables: 'TUREEN_ADMIN_PORT' });
  if (metricsPort !== undefined)
    http.push({ protocol: 'tcp', host: metricsHost, port: metricsPort, variables: 'TUREEN_METRICS_PORT' });
  const media = Array.from({ length: config.workers }, (_, index) => listenInfos(config, index))
    .flat()
    .map(({ protocol, ip, port: mediaPort = 0 }) => ({
      protocol,
      host: ip,
      port: mediaPort,
      variables: 'TUREEN_RTC_BASE_PORT or TUREEN_LISTEN_IP',
    }));
  return [...http, ...media.slice(0, mostPorts)];
}

function bind({ protocol, host, port }: Place): Promise<Socket | Server> {
  return new Promise((resolve, reject) => {
    if (protocol === 'udp') {
      const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) });
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => resolve(socket));
    } else {
      const server = createServer((connection) => connection.destroy());
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: isIPv6(host) }, () => resolve(server));
    }
  });
}

function close(socket: Socket | Server): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it',
  EADDRNOTAVAIL: 'this host does not have that address',
  EACCES: 'this user may not',
};

function cannotBind(place: Place, error: NodeJS.ErrnoException): Finding {
  const { protocol, host, port, variables } = place;
  const name = `${host.includes(':') ? `[${host}]` : host} port ${port}`;
  const reason = reasons[error.code ?? ''] ?? error.message;
  return fatal(
    `${protocol.toUpperCase()} ${name} cannot be bound: ${reason}`,
    'Nothing would arrive there, and the server does not start.',
    `Free it (ss -lpn shows who has it), or set ${variables}.`,
  );
}

/** Sends to the first worker's port under each announced address, as a client does. */
async function reachOurselves(config: Config, bound: readonly Bound[]): Promise<Finding[]> {
  const first = bound.filter(({ place }) => place.port === config.rtcBasePort);
  const attempts = announcedAddresses(config).flatMap((address) =>
    first.map(async ({ place, socket }) => {
      const fits = isIPv6(place.host) === isIPv6(address);
      const { protocol, port } = place;
      if (!fits || (await arrives(socket, address, port))) return undefined;
      return warning(
        `nothing arrives by ${protocol.toUpperCase()} when this host sends to ${address} port ${port}, the address that clients are told`,
        'Either the network does not let a host reach itself by its public address, which is harmless, or clients cannot reach it either.',
        'Try from outside. Open the port in the firewall, forward it in the router, or correct TUREEN_ANNOUNCED_ADDRESS.',
      );
    }),
  );
  return (await Promise.all(attempts)).filter((finding) => finding !== undefined);
}

async function arrives(socket: Socket | Server, address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), echoPatience);
  try {
    if ('send' in socket) return await echoes(socket, { address, port }, promise);
    const connection = connect({ host: address, port });
    connection.once('connect', () => resolve(true));
    connection.once('error', () => resolve(false));
    const connected = await promise;
    connection.destroy();
    return connected;
  } finally {
    clearTimeout(timer);
  }
}

async function echoes(socket: Socket, to: { address: string; port: number }, late: Promise<boolean>) {
  const word = crypto.randomUUID();
  const arrived = new Promise<boolean>((resolve) => {
    socket.on('message', (message) => {
      if (message.toString() === word) resolve(true);
    });
  });
  const sender = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4');
  sender.on('error', () => {});
  sender.send(word, to.port, to.address, () => {});
  const result = await Promise.race([arrived, late]);
  sender.close();
  return result;
}
