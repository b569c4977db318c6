import { createSocket, type Socket } from 'node:dgram';
import { connect, createServer, isIPv6, type Server } from 'node:net';
import type { Config } from '../../config/config.ts';
import { isLoopback } from '../../core/networks.ts';
import { announcedAddresses, listenInfos } from '../addresses.ts';
import { type Check, type Finding, fatal, warning } from './check.ts';

/** An address that the server listens on. */
export interface Listener {
  readonly protocol: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
  /** The variables that set it. */
  readonly variables: string;
}

export type Bound = { readonly listener: Listener; readonly socket: Socket | Server };

const echoTimeoutMs = 400;
/** Enough to notice a port conflict without slowing down the start of a node with hundreds of workers. */
const maxMediaPorts = 64;

/** The ports can be bound, and this host reaches them at the announced addresses. */
export const ports: Check = {
  name: 'ports',
  bindsPorts: true,
  async run({ config }) {
    const findings: Finding[] = [];
    const bound: Bound[] = [];
    for (const listener of listenersOf(config)) {
      try {
        bound.push({ listener, socket: await bind(listener) });
      } catch (error) {
        findings.push(cannotBind(listener, error as NodeJS.ErrnoException));
      }
    }
    const unreached = config.rtcBasePort === 0 ? [] : await findUnreached(config, bound);
    await Promise.all(bound.map(({ socket }) => close(socket)));
    return [...findings, ...unreached];
  },
};

function listenersOf(config: Config): Listener[] {
  const { host, port, adminHost, adminPort, metricsHost, metricsPort } = config;
  const http: Listener[] = [{ protocol: 'tcp', host, port, variables: 'PORT or HOST' }];
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
  return [...http, ...media.slice(0, maxMediaPorts)];
}

export function bind({ protocol, host, port }: Listener): Promise<Socket | Server> {
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

export function close(socket: Socket | Server): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it',
  EADDRNOTAVAIL: 'this host does not have that address',
  EACCES: 'this user has no permission',
};

export function cannotBind(listener: Listener, error: NodeJS.ErrnoException): Finding {
  const { protocol, host, port, variables } = listener;
  const name = `${host.includes(':') ? `[${host}]` : host} port ${port}`;
  const reason = reasons[error.code ?? ''] ?? error.message;
  return fatal(
    `${protocol.toUpperCase()} ${name} cannot be bound: ${reason}`,
    'The server cannot start.',
    `Free it (ss -lpn shows what uses it), or change ${variables}.`,
  );
}

/** Sends to the first worker's port at each announced address, as a client does. */
async function findUnreached(config: Config, bound: readonly Bound[]): Promise<Finding[]> {
  // The socket beside loopback, on the host's own address, gets nothing that is sent to the announced loopback address.
  const announced = ({ host }: Listener) => !config.listensBesideLoopback || isLoopback(host);
  const first = bound.filter(({ listener }) => listener.port === config.rtcBasePort && announced(listener));
  const attempts = announcedAddresses(config).flatMap((address) =>
    first.map(async ({ listener, socket }) => {
      const sameFamily = isIPv6(listener.host) === isIPv6(address);
      const { protocol, port } = listener;
      if (!sameFamily || (await isReachable(socket, address, port))) return undefined;
      return warning(
        `this host cannot reach its own announced address ${address} port ${port} by ${protocol.toUpperCase()}`,
        'Clients may not reach it either. It is harmless if the network only keeps a host from its own public address.',
        'Try from another network. If that fails too, open the port in the firewall, forward it in the router, or correct TUREEN_ANNOUNCED_ADDRESS.',
      );
    }),
  );
  return (await Promise.all(attempts)).filter((finding) => finding !== undefined);
}

/** Whether something that this host sends to an address arrives at a socket. */
export async function isReachable(socket: Socket | Server, address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), echoTimeoutMs);
  try {
    if ('send' in socket) return await receivesProbe(socket, { address, port }, promise);
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

async function receivesProbe(
  socket: Socket,
  to: { address: string; port: number },
  timeout: Promise<boolean>,
) {
  const probe = crypto.randomUUID();
  const arrived = new Promise<boolean>((resolve) => {
    socket.on('message', (message) => {
      if (message.toString() === probe) resolve(true);
    });
  });
  const sender = createSocket(isIPv6(to.address) ? 'udp6' : 'udp4');
  sender.on('error', () => {});
  sender.send(probe, to.port, to.address, () => {});
  const result = await Promise.race([arrived, timeout]);
  sender.close();
  return result;
}
