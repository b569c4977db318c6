import { isIP } from 'node:net';
import { Type } from '@sinclair/typebox';
import { isLoopback } from '../../core/networks.ts';
import {
  defaulted,
  integer,
  ipAddress,
  list,
  type Mistake,
  optional,
  portRange,
  type Settings,
  text,
  type ValuesOf,
} from '../kinds.ts';

/** Without a user and a password: those have a file of their own. */
const busUrl = {
  schema: Type.String({ pattern: '^(nats|tls)://(\\[[0-9A-Fa-f:]+\\]|[^/?#@:\\s]+)(:\\d{1,5})?$' }),
  wants: 'an address such as tls://bus.example.com:4222, or nats://127.0.0.1:4222 on this machine',
};

/** How this node meets the others: the bus, which is NATS. */
export const clusterSettings = {
  busUrls: optional(
    list(busUrl, {
      env: 'TUREEN_BUS_URL',
      defaultDoc: 'not set: the node is alone',
      doc: 'The NATS servers through which nodes find each other and share their rooms. With several, one that answers is taken. TLS (`tls://`) is required unless all of them are on loopback.',
    }),
  ),
  busCredentials: optional(
    text({
      env: 'TUREEN_BUS_CREDENTIALS',
      doc: 'File with what this node shows to the bus: the credentials of a NATS user (`.creds`), the seed of an NKey (`SU...`), or `user:password`. Required unless the bus is on loopback.',
    }),
  ),
  busCa: optional(
    text({
      env: 'TUREEN_BUS_CA',
      defaultDoc: 'the authorities that the system trusts',
      doc: 'File with the certificates (PEM) of those who may vouch for the bus.',
    }),
  ),
  clusterAddress: optional(
    ipAddress({
      env: 'TUREEN_CLUSTER_ADDRESS',
      defaultDoc:
        'on Fly.io the private address of the machine, otherwise TUREEN_UDP_LISTEN_IP, announced as TUREEN_ANNOUNCED_ADDRESS',
      doc: 'The IP address of this host under which the other nodes reach it, best on a private network. Media between nodes goes over it, encrypted. Required with a bus where TUREEN_ANNOUNCED_ADDRESS holds names only.',
    }),
  ),
  pipePorts: defaulted(
    portRange({
      env: 'TUREEN_PIPE_PORTS',
      defaultDoc: '43000-43999',
      doc: 'The UDP ports for media between nodes: one for each room and other node that sends to this one, and one for each that this one sends to.',
    }),
    [43000, 43999],
  ),
  busDomain: optional(
    text(
      {
        env: 'TUREEN_BUS_DOMAIN',
        defaultDoc: 'that of the server that TUREEN_BUS_URL names',
        doc: 'The JetStream domain that keeps bans, users and API keys for nodes that come later. To be set for a bus beside the node (a leaf node), to the domain of the hub: with a JetStream of its own each leaf would keep other facts.',
      },
      { regex: '^[0-9A-Za-z_-]{1,64}$', wants: 'the name of a JetStream domain: letters, digits, - and _' },
    ),
  ),
  busReplicas: defaulted(
    integer(
      { from: 1, to: 5 },
      {
        env: 'TUREEN_BUS_REPLICAS',
        doc: 'On how many servers of the bus each of them is kept. It is read when the first node makes the bucket; as many servers with JetStream are needed.',
      },
    ),
    1,
  ),
  staleSeconds: defaulted(
    integer(
      { from: 5, to: 3600, unit: 'seconds' },
      {
        env: 'TUREEN_STALE_SECONDS',
        doc: 'How long the peers of a node of which nothing is heard stay in their rooms while nothing proves that it has ended, as when the bus is down, in seconds.',
      },
    ),
    60,
  ),
} as const satisfies Settings;

/** Whoever reaches the bus may say who is in a room: beyond this machine it is encrypted, and knows its nodes. */
export function busMistakes({
  busUrls = [],
  busCredentials,
  busCa,
}: ValuesOf<typeof clusterSettings>): Mistake[] {
  const encrypted = busUrls.filter((url) => url.startsWith('tls://'));
  const remote = busUrls.filter((url) => !isLoopback(hostOf(url)));
  const plain = remote.find((url) => !encrypted.includes(url));
  const mistakes: Mistake[] = [];
  if (plain !== undefined)
    mistakes.push(['TUREEN_BUS_URL', `got "${plain}", wants tls:// for a bus that is not on this machine`]);
  else if (encrypted.length > 0 && encrypted.length < busUrls.length)
    mistakes.push(['TUREEN_BUS_URL', 'got addresses with and without TLS, wants tls:// for all or for none']);
  if (remote.length > 0 && busCredentials === undefined)
    mistakes.push([
      'TUREEN_BUS_CREDENTIALS',
      'got nothing, wants a file, for the bus is not on this machine',
    ]);
  if (busCa !== undefined && encrypted.length === 0)
    mistakes.push(['TUREEN_BUS_CA', 'got a file, wants a tls:// address in TUREEN_BUS_URL beside it']);
  return mistakes;
}

interface PipeAddressValues extends Pick<ValuesOf<typeof clusterSettings>, 'busUrls' | 'clusterAddress'> {
  readonly announcedAddresses?: readonly string[];
  /** On Fly.io the machine has a private address. */
  readonly flyApp?: string;
}

/** Media between nodes is sent to addresses: a name that is announced to clients is none. */
export function pipeAddressMistakes(values: PipeAddressValues): Mistake[] {
  const { busUrls, clusterAddress, flyApp, announcedAddresses = [] } = values;
  if (busUrls === undefined || clusterAddress !== undefined || flyApp !== undefined) return [];
  const isNamed = announcedAddresses.length > 0 && announcedAddresses.every((one) => isIP(one) === 0);
  if (!isNamed) return [];
  const why = `TUREEN_ANNOUNCED_ADDRESS is a name (${announcedAddresses.join(', ')}), to which media of other nodes cannot be sent`;
  return [
    [
      'TUREEN_CLUSTER_ADDRESS',
      `got nothing, wants the IP address under which the other nodes reach this host, for ${why}`,
    ],
  ];
}

function hostOf(url: string): string {
  return url.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
}
