import { busFiles, busFolder, busPlaces } from '../bus/config.ts';
import { defaultPrefix } from './config.ts';
import { base64File, secretFile } from './files.ts';

/** The bus beside a node: an app of its own in the same region, so that it goes on when the node is deployed. */
export interface FlyBus {
  readonly app: string;
  readonly region: string;
  /** The files that are no secrets, by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** The secret of a bus's app with the key of its certificate. */
export const busSecret = 'BUS_KEY';
/** The files that a bus shows to everybody who connects, or that say nothing that has to be kept. */
export const openFiles = [busFiles.configuration, busFiles.nodes, busFiles.authority, busFiles.certificate];
/** The name that Fly's private network (6PN) gives to a machine's own address on it. */
export const ownPrivateName = 'fly-local-6pn';

/** @param nodeApp the app of its node */
export function busAppOf(nodeApp: string, prefix = defaultPrefix): string {
  return `${prefix}-bus-${nodeApp.slice(prefix.length + 1)}`;
}

/** The name by which Fly's private network knows an app. */
export function privateName(app: string): string {
  return `${app}.internal`;
}

/** The text of one bus's fly.toml. */
export function flyBusConfig({ app, region, files }: FlyBus): string {
  const open = openFiles.map((name) => base64File(`${busFolder}/${name}`, files[name] ?? ''));
  return `# The bus beside one node of Tureen on Fly.io. Made by \`npm run fly:config -- --mesh\`; docs/deploy.md explains it.
# Nothing of it is published: nodes and other buses reach it over Fly's private network.
app = "${app}"
primary_region = "${region}"
kill_signal = "SIGTERM"
kill_timeout = 30

[build]
  image = "nats:2.10.24-alpine"

[processes]
  app = "nats-server -c ${busFolder}/${busFiles.configuration}"

[mounts]
  source = "bus_data"
  destination = "${busPlaces.data}"
  initial_size = "1gb"

[[vm]]
  cpu_kind = "shared"
  cpus = 1
  memory = "512mb"

[[restart]]
  policy = "always"

${[...open, secretFile(`${busFolder}/${busFiles.key}`, busSecret)].join('\n')}`;
}
