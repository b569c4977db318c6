import { networkInterfaces } from 'node:os';
import type { types } from 'mediasoup';
import type { Config } from './config.ts';

const anyAddress = new Set(['0.0.0.0', '::']);

/**
 * Where worker `workerIndex` listens for media: UDP and TCP on base port + index, under the first announced address.
 * https://mediasoup.org/documentation/v3/mediasoup/api/#WebRtcServerListenInfo
 */
export function listenInfos(config: Config, workerIndex: number): types.TransportListenInfo[] {
  const { listenIp, rtcBasePort } = config;
  const port = rtcBasePort === 0 ? {} : { port: rtcBasePort + workerIndex };
  const [first] = announcedAddresses(config);
  const announced = first === listenIp ? {} : { announcedAddress: first };
  return (['udp', 'tcp'] as const).map((protocol) => ({ protocol, ip: listenIp, ...port, ...announced }));
}

/** The addresses that clients are told: the configured ones, the listen address, or the first of the host's. */
export function announcedAddresses(config: Config): string[] {
  const { announcedAddresses: configured, listenIp } = config;
  if (configured) return configured;
  if (!anyAddress.has(listenIp)) return [listenIp];
  const family = listenIp === '::' ? 'IPv6' : 'IPv4';
  const own = Object.values(networkInterfaces())
    .flat()
    .find((address) => address && !address.internal && address.family === family);
  return [own?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1')];
}
