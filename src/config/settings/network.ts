import { isIP } from 'node:net';
import { Type } from '@sinclair/typebox';
import { anyAddress } from '../../core/networks.ts';
import { IceServer } from '../../core/schemas.ts';
import {
  defaulted,
  integer,
  ipAddress,
  json,
  list,
  type Mistake,
  optional,
  type Settings,
  text,
  type ValuesOf,
} from '../kinds.ts';

const hour = 3600;

const hostAddress = {
  schema: Type.String(),
  check: (text: string) => isIP(text) !== 0 || isHostName(text),
  wants: 'an IP address or a host name, without a scheme and without a port',
};
const turnUrl = {
  schema: Type.String({ pattern: '^turns?:' }),
  wants: 'an address such as turn:turn.example.com:3478',
};

/** How media reaches clients: addresses, ports, ICE and TURN. */
export const networkSettings = {
  announcedAddresses: optional(
    list(hostAddress, {
      env: 'TUREEN_ANNOUNCED_ADDRESS',
      defaultDoc: 'the listen address, or the first address of the host when that is 0.0.0.0',
      doc: 'The address under which clients reach the media ports. Several are announced together.',
    }),
  ),
  listenIp: optional(
    ipAddress({
      env: 'TUREEN_LISTEN_IP',
      defaultDoc:
        "127.0.0.1 in development mode, with the host's first address beside it for Firefox; otherwise 0.0.0.0",
      doc: 'The IP address that the media ports bind.',
    }),
  ),
  udpListenIp: optional(
    ipAddress({
      env: 'TUREEN_UDP_LISTEN_IP',
      defaultDoc: 'TUREEN_LISTEN_IP; on Fly.io the address of fly-global-services',
      doc: 'The IP address that the media ports bind for UDP, where it is another one than for TCP.',
    }),
  ),
  rtcBasePort: defaulted(
    integer(
      { from: 0, to: 65000 },
      {
        env: 'TUREEN_RTC_BASE_PORT',
        doc: 'Worker i listens for media on this port + i, UDP and TCP. 0 takes free ones.',
      },
    ),
    40000,
  ),
  iceServers: optional(
    json(Type.Array(IceServer), 'a JSON array such as [{"urls":"stun:stun.example.com"}]', {
      env: 'TUREEN_ICE_SERVERS',
      secret: true,
      doc: 'ICE servers handed to clients, as JSON. Most deployments need none: the server itself can be reached by UDP and TCP.',
    }),
  ),
  turnUrls: optional(
    list(turnUrl, {
      env: 'TUREEN_TURN_URLS',
      doc: 'TURN servers for which every client gets credentials of its own that expire (TURN REST).',
    }),
  ),
  turnSecret: optional(
    text({
      env: 'TUREEN_TURN_SECRET',
      secret: true,
      doc: 'The secret shared with the TURN servers (static-auth-secret of coturn).',
    }),
  ),
  turnSeconds: defaulted(
    integer(
      { from: 60, to: 7 * 24 * hour, unit: 'seconds' },
      { env: 'TUREEN_TURN_SECONDS', doc: 'How long TURN credentials are valid, in seconds.' },
    ),
    12 * hour,
  ),
  iceFailureSeconds: defaulted(
    integer(
      { from: 0, to: 600, unit: 'seconds' },
      {
        env: 'TUREEN_ICE_FAILURE_SECONDS',
        doc: 'How long a transport that lost ICE may take to come back before it is closed, in seconds.',
      },
    ),
    30,
  ),
} as const satisfies Settings;

/** RFC 1123, section 2.1. A last part of digits alone is that of an address that is none (256.1.1.1). */
function isHostName(text: string): boolean {
  const part = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  return text.length <= 253 && new RegExp(`^(?:${part}\\.)*(?!\\d+$)${part}$`).test(text);
}

/** A node that listens on one address announces at least one of that family: no client could come otherwise. */
export function addressMistakes({
  announcedAddresses = [],
  listenIp,
  udpListenIp = listenIp,
}: ValuesOf<typeof networkSettings>): Mistake[] {
  const families = announcedAddresses.map(isIP);
  // A name may stand for addresses of both families.
  if (listenIp === undefined || anyAddress.has(listenIp) || families.length === 0 || families.includes(0))
    return [];
  if ([listenIp, udpListenIp].some((ip) => ip !== undefined && families.includes(isIP(ip)))) return [];
  return [
    [
      'TUREEN_ANNOUNCED_ADDRESS',
      `got ${announcedAddresses.join(', ')}, wants an IPv${isIP(listenIp)} address, for TUREEN_LISTEN_IP is ${listenIp}`,
    ],
  ];
}

/** TURN servers need their secret, and replace the list of ICE servers. */
export function turnMistakes({
  turnUrls,
  turnSecret,
  iceServers,
}: ValuesOf<typeof networkSettings>): Mistake[] {
  if (turnUrls === undefined)
    return turnSecret === undefined
      ? []
      : [['TUREEN_TURN_URLS', 'got nothing, wants the servers that TUREEN_TURN_SECRET is for']];
  const mistakes: Mistake[] = [];
  if (turnSecret === undefined)
    mistakes.push(['TUREEN_TURN_SECRET', 'got nothing, wants the secret of the servers in TUREEN_TURN_URLS']);
  if (iceServers !== undefined)
    mistakes.push(['TUREEN_ICE_SERVERS', 'got a value beside TUREEN_TURN_URLS, wants only one of the two']);
  return mistakes;
}
