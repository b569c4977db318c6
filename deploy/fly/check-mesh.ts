import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { busFiles, busFolder, busPlaces, busPorts } from '../bus/config.ts';
import { openFiles, ownPrivateName, privateName } from './bus.ts';
import type { NamedText } from './check.ts';
import { appName, nodeSecret } from './config.ts';

const File = Type.Object({
  guest_path: Type.String(),
  raw_value: Type.Optional(Type.String()),
  secret_name: Type.Optional(Type.String()),
});

/** The checked parts of a bus's fly.toml. */
const BusFile = Type.Object({
  app: Type.String({ pattern: appName.source }),
  primary_region: Type.String({ minLength: 3 }),
  processes: Type.Object({ app: Type.Literal(`nats-server -c ${busFolder}/${busFiles.configuration}`) }),
  mounts: Type.Object({ destination: Type.Literal(busPlaces.data) }),
  files: Type.Array(File),
});

/** The checked parts of a node's, as far as its bus is concerned. */
const MeshNodeFile = Type.Object({
  app: Type.String(),
  primary_region: Type.String(),
  env: Type.Object({ TUREEN_NODE: Type.String(), TUREEN_BUS_URL: Type.String() }),
  files: Type.Array(File),
});

type BusFile = Static<typeof BusFile>;

/** Checks that each node of a mesh has a bus, and that nobody else reaches it. @returns a line for each mistake */
export function checkMeshFiles(nodes: readonly NamedText[], buses: readonly NamedText[]): string[] {
  const mistakes: string[] = [];
  const known = buses.flatMap(({ name, text }) => {
    const parsed = parse(text);
    if (Value.Check(BusFile, parsed)) {
      mistakes.push(...checkBus(parsed, parsed).map((mistake) => `${name}: ${mistake}`));
      return [parsed];
    }
    const wrong = [...Value.Errors(BusFile, parsed)];
    mistakes.push(
      ...wrong.map(({ path, message }) => `${name}: ${path.slice(1).replaceAll('/', '.')}: ${message}`),
    );
    return [];
  });
  for (const { name, text } of nodes) {
    const parsed = parse(text);
    // A node without a bus is alone, which is fine.
    if (!Value.Check(MeshNodeFile, parsed)) continue;
    mistakes.push(...checkNode(parsed, known).map((mistake) => `${name}: ${mistake}`));
  }
  return mistakes;
}

function checkBus(bus: BusFile, whole: object): string[] {
  const { app, files } = bus;
  const paths = files.map(({ guest_path }) => guest_path);
  const missing = [...openFiles, busFiles.key].filter((name) => !paths.includes(`${busFolder}/${name}`));
  const configuration = textOf(files, busFiles.configuration);
  const key = files.find(({ guest_path }) => guest_path === `${busFolder}/${busFiles.key}`);
  return [
    ...missing.map((name) => `has no file ${busFolder}/${name}`),
    ...('services' in whole || 'http_service' in whole
      ? ['publishes a service; a bus is for the private network only']
      : []),
    ...(key?.raw_value === undefined ? [] : [`has its key in the file; it belongs into a secret`]),
    ...(configuration.includes(`client_advertise: "${privateName(app)}:${busPorts.client}"`)
      ? []
      : [`the configuration of its nats-server is for another bus than ${privateName(app)}`]),
    ...(configuration.includes(`host: "${ownPrivateName}"`)
      ? []
      : [`its nats-server does not listen on ${ownPrivateName}`]),
  ];
}

function checkNode(
  { app, primary_region, env, files }: Static<typeof MeshNodeFile>,
  buses: readonly BusFile[],
) {
  const bus = buses.find(
    (each) => env.TUREEN_BUS_URL === `tls://${privateName(each.app)}:${busPorts.client}`,
  );
  if (!bus) return [`TUREEN_BUS_URL is ${env.TUREEN_BUS_URL}, and there is no such bus`];
  const authority = (of: typeof files) => textOf(of, busFiles.authority);
  return [
    ...(env.TUREEN_NODE === app ? [] : [`TUREEN_NODE is ${env.TUREEN_NODE}, but the buses know ${app}`]),
    ...(bus.primary_region === primary_region
      ? []
      : [`its bus ${bus.app} is in ${bus.primary_region}, not in ${primary_region}`]),
    ...(authority(files) === authority(bus.files) ? [] : [`it does not believe the authority of ${bus.app}`]),
    ...(files.some(({ secret_name }) => secret_name === nodeSecret)
      ? []
      : [`has no file of the secret ${nodeSecret}`]),
    ...(textOf(bus.files, busFiles.nodes).includes(`# ${app}\n`)
      ? []
      : [`its bus ${bus.app} does not know it`]),
  ];
}

function textOf(files: readonly Static<typeof File>[], name: string): string {
  const file = files.find(({ guest_path }) => guest_path === `${busFolder}/${name}`);
  return Buffer.from(file?.raw_value ?? '', 'base64').toString();
}

/** What is not TOML is found by the check of the file itself. */
function parse(text: string): object {
  try {
    return Bun.TOML.parse(text);
  } catch {
    return {};
  }
}
