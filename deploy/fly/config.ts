import { type BusNode, busEnvironment, busFiles, busFolder } from '../bus/config.ts';
import { base64File, secretFile } from './files.ts';

/** One node: an app with one machine, since Fly sends the UDP of a port to one machine only. */
export interface FlyNode {
  /** Fly's code of the region, e.g. ams; `fly platform regions` lists them. */
  readonly region: string;
  readonly app: string;
  /** Worker i listens on this port + i. */
  readonly basePort: number;
  readonly workers: number;
}

/** A node with its bus, which is an app of its own in the same region. */
export interface FlyMeshNode extends FlyNode {
  readonly bus: BusNode;
  /** Of the authority that vouches for the buses. */
  readonly authority: string;
}

export interface FlyPlan {
  readonly regions: readonly string[];
  /** Prefix of the app names, which must be unique among all customers of Fly. */
  readonly prefix?: string;
  readonly basePort?: number;
  readonly workers?: number;
}

/** A valid app name: it becomes a host name, <app>.fly.dev. */
export const appName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const defaultPrefix = 'tureen';
export const defaultWorkers = 2;
export const defaultBasePort = 40_000;
/** Fly's maximum, in seconds: https://fly.io/docs/reference/configuration/ */
export const longestKillTimeout = 300;
/** Calls may continue for this long; the rest of the kill timeout is for the shutdown. */
const drainSeconds = longestKillTimeout - 20;
/** The secret of a node's app with what it shows to the bus. */
export const nodeSecret = 'TUREEN_BUS_SEED';
const httpPort = 3000;
const metricsPort = 9091;

/** The nodes of a plan, with unique names and ports, also if a region is listed twice. */
export function planNodes(plan: FlyPlan): FlyNode[] {
  const { regions, prefix = defaultPrefix, basePort = defaultBasePort, workers = defaultWorkers } = plan;
  return regions.map((region, index) => {
    const earlier = regions.slice(0, index).filter((other) => other === region).length;
    const app = `${prefix}-${region}${earlier === 0 ? '' : `-${earlier + 1}`}`;
    return { region, app, workers, basePort: basePort + index * workers };
  });
}

/** The text of one node's fly.toml. */
export function flyConfig(node: FlyNode | FlyMeshNode): string {
  const { region, app, basePort, workers } = node;
  const ports = Array.from({ length: workers }, (_, index) => basePort + index);
  return `# One node of Tureen on Fly.io. Made by \`npm run fly:config -- --nodes ${region}\`; docs/deploy.md explains it.
# UDP reaches one machine of an app only: never scale this app beyond one machine, make another node instead.
app = "${app}"
primary_region = "${region}"
kill_signal = "SIGTERM"
kill_timeout = ${longestKillTimeout}

[build]
  dockerfile = "deploy/Dockerfile"

[env]
  PORT = "${httpPort}"
  TUREEN_WORKERS = "${workers}"
  TUREEN_RTC_BASE_PORT = "${basePort}"
  TUREEN_DRAIN_SECONDS = "${drainSeconds}"
  TUREEN_DATA_DIR = "/data"
  # Only Fly's private network reaches this port: no service below publishes it.
  TUREEN_METRICS_PORT = "${metricsPort}"
  TUREEN_METRICS_HOST = "::"
${'bus' in node ? meshEnvironment(node) : ''}
[deploy]
  strategy = "rolling"

[mounts]
  source = "tureen_data"
  destination = "/data"
  initial_size = "1gb"

[[vm]]
  cpu_kind = "performance"
  cpus = ${workers}
  memory = "${workers * 2}gb"

[[restart]]
  policy = "always"

[metrics]
  port = ${metricsPort}
  path = "/metrics"

# Signaling, the page and the dashboard.
[http_service]
  internal_port = ${httpPort}
  force_https = true
  # Media does not count as load, so a machine in the middle of a call would be stopped.
  auto_stop_machines = "off"
  auto_start_machines = true
  min_machines_running = 1

  [http_service.concurrency]
    type = "connections"
    soft_limit = 5000
    hard_limit = 10000

  [[http_service.checks]]
    method = "GET"
    path = "/readyz"
    interval = "10s"
    timeout = "2s"
    grace_period = "10s"

# Media: a port for each worker, by UDP and by TCP as it is, without any handler. Nothing here limits TCP connections of one
# address, each of which takes a file descriptor of a worker: watch tureen_worker_fds_ratio (docs/deploy.md).
${ports.flatMap((port) => [service('udp', port), service('tcp', port)]).join('\n')}${'bus' in node ? meshFiles(node) : ''}`;
}

/** The bus and other nodes are reached over Fly's private network: no service publishes them. */
function meshEnvironment({ bus }: FlyMeshNode): string {
  return Object.entries(busEnvironment(bus))
    .map(([name, value]) => `  ${name} = "${value}"\n`)
    .join('');
}

function meshFiles({ authority }: FlyMeshNode): string {
  const [ca, seed] = [busFiles.authority, busFiles.seed].map((name) => `${busFolder}/${name}`) as [
    string,
    string,
  ];
  return `\n# Who vouches for the bus, and what this node shows to it.\n${base64File(ca, authority)}\n${secretFile(seed, nodeSecret)}`;
}

function service(protocol: 'udp' | 'tcp', port: number): string {
  return `[[services]]
  protocol = "${protocol}"
  internal_port = ${port}
  auto_stop_machines = "off"
  auto_start_machines = true
  min_machines_running = 1

  [[services.ports]]
    port = ${port}
`;
}
