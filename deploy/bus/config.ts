import { isIP } from 'node:net';
import { permissionsOf } from '../../src/cluster/permissions.ts';

/** A node, with the bus that stands beside it. */
export interface BusNode {
  /** TUREEN_NODE. */
  readonly name: string;
  /** The address or host name under which the other buses and its node reach the bus. */
  readonly host: string;
  /** Where the bus listens; `host` unless set. */
  readonly listen?: string;
  readonly ports?: BusPorts;
  /** The public half of the node's NKey. */
  readonly publicKey: string;
}

export interface BusPorts {
  readonly client: number;
  readonly cluster: number;
  /** Of the server's own figures, on its host only. */
  readonly monitor: number;
}

/** Where everything of a bus lies on its host, but for its data. */
export const busFolder = '/etc/tureen/bus';
export const busPorts: BusPorts = { client: 4222, cluster: 6222, monitor: 8222 };

/** The files beside nats-server.conf, by what they are. */
export const busFiles = {
  configuration: 'nats-server.conf',
  nodes: 'nodes.conf',
  authority: 'ca.pem',
  certificate: 'bus.pem',
  key: 'bus.key',
  seed: 'node.seed',
} as const;

export interface BusPlaces {
  readonly folder: string;
  /** Of JetStream. */
  readonly data: string;
}

export const busPlaces: BusPlaces = { folder: busFolder, data: '/var/lib/tureen-bus' };

/** The configuration of the NATS server beside a node, in one cluster with the others. */
export function busConfig(
  own: BusNode,
  all: readonly BusNode[],
  { folder, data }: BusPlaces = busPlaces,
): string {
  const { name, host, listen = host, ports = busPorts } = own;
  const { client, cluster, monitor } = ports;
  const routes = all
    .filter((other) => other !== own)
    .map((other) => `    "nats-route://${inUrl(other.host)}:${(other.ports ?? busPorts).cluster}"\n`);
  const tls = `    cert_file: "${folder}/${busFiles.certificate}"
    key_file: "${folder}/${busFiles.key}"
    ca_file: "${folder}/${busFiles.authority}"
    timeout: 3`;
  return `# The bus beside node "${name}". Made by \`npm run bus:config\`; docs/deploy.md explains it.
server_name: ${JSON.stringify(name)}
host: "${listen}"
port: ${client}
# How nodes that lost their own bus reach this one, as its certificate names it.
client_advertise: "${inUrl(host)}:${client}"
max_payload: 1MB

tls {
${tls}
}

# Who may connect, and what each of them may say.
include "${busFiles.nodes}"

# For \`nats-server\`'s own figures, on this host only.
http: "127.0.0.1:${monitor}"

jetstream {
  store_dir: "${data}"
  max_memory_store: 64MB
  max_file_store: 1GB
}
${
  routes.length === 0
    ? ''
    : `
# Buses take each other by their certificates, in both directions.
cluster {
  name: "tureen"
  host: "${listen}"
  port: ${cluster}
  cluster_advertise: "${inUrl(host)}:${cluster}"
  tls {
${tls}
  }
  routes: [
${routes.join('')}  ]
}
`
}`;
}

/** Who may connect to a bus: the same on all of them. It holds no secrets. */
export function busUsers(nodes: readonly BusNode[]): string {
  const list = (subjects: readonly string[]) =>
    subjects.map((subject) => `          ${JSON.stringify(subject)}\n`).join('');
  const users = nodes.map(({ name, publicKey }) => {
    const { publish, subscribe } = permissionsOf(name);
    return `    # ${name}
    {
      nkey: ${publicKey}
      permissions: {
        publish: [
${list(publish)}        ]
        subscribe: [
${list(subscribe)}        ]
        allow_responses: true
      }
    }
`;
  });
  return `# Each node speaks in its own name only, and answers what it is asked. Made by \`npm run bus:config\`.
authorization {
  timeout: 3
  users: [
${users.join('')}  ]
}
`;
}

/** What a node is told about its bus. */
export function busEnvironment(
  { name, host, ports = busPorts }: BusNode,
  folder = busFolder,
): Record<string, string> {
  return {
    TUREEN_NODE: name,
    TUREEN_BUS_URL: `tls://${inUrl(host)}:${ports.client}`,
    TUREEN_BUS_CREDENTIALS: `${folder}/${busFiles.seed}`,
    TUREEN_BUS_CA: `${folder}/${busFiles.authority}`,
    ...(isIP(host) !== 0 && { TUREEN_CLUSTER_ADDRESS: host }),
  };
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
