import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { appName, longestKillTimeout } from './config.ts';

const PortNumber = Type.Integer({ minimum: 1, maximum: 65_535 });

const Port = Type.Object({
  port: PortNumber,
  handlers: Type.Optional(Type.Array(Type.String())),
});

const Service = Type.Object({
  protocol: Type.Union([Type.Literal('udp'), Type.Literal('tcp')]),
  internal_port: PortNumber,
  auto_stop_machines: Type.Unknown(),
  ports: Type.Array(Port, { minItems: 1 }),
});

/** The checked parts of a fly.toml; Fly's own checker, `fly config validate`, does the rest. */
const FlyFile = Type.Object({
  app: Type.String({ pattern: appName.source }),
  primary_region: Type.String({ minLength: 3 }),
  kill_signal: Type.Literal('SIGTERM'),
  kill_timeout: Type.Integer({ maximum: longestKillTimeout }),
  env: Type.Object({
    PORT: Type.String(),
    TUREEN_WORKERS: Type.String(),
    TUREEN_RTC_BASE_PORT: Type.String(),
    TUREEN_DRAIN_SECONDS: Type.String(),
    TUREEN_DATA_DIR: Type.String(),
    TUREEN_METRICS_PORT: Type.String(),
    // Fly scrapes the metrics over its private network, which is IPv6.
    TUREEN_METRICS_HOST: Type.Literal('::'),
  }),
  mounts: Type.Object({ destination: Type.String() }),
  deploy: Type.Object({ strategy: Type.Literal('rolling') }),
  metrics: Type.Object({ port: PortNumber, path: Type.Literal('/metrics') }),
  http_service: Type.Object({
    internal_port: PortNumber,
    auto_stop_machines: Type.Unknown(),
    checks: Type.Array(Type.Object({ path: Type.String() }), { minItems: 1 }),
  }),
  services: Type.Array(Service),
});

type FlyFile = Static<typeof FlyFile>;

/** A file with its name, which begins each line about its mistakes. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Checks the files of all nodes. @returns a line for each mistake */
export function checkFlyFiles(files: readonly NamedText[]): string[] {
  const read = files.map(({ name, text }) => ({ name, ...parse(text) }));
  const mistakes = read.flatMap(({ name, file, errors }) =>
    [...errors, ...(file ? checkFile(file) : [])].map((mistake) => `${name}: ${mistake}`),
  );
  return [...mistakes, ...checkUnique(read)];
}

function parse(text: string): { file?: FlyFile; errors: string[] } {
  let parsed: unknown;
  try {
    parsed = Bun.TOML.parse(text);
  } catch (error) {
    return { errors: [`is not TOML: ${(error as Error).message}`] };
  }
  if (Value.Check(FlyFile, parsed)) return { file: parsed, errors: [] };
  const errors = [...Value.Errors(FlyFile, parsed)];
  return {
    errors: errors.map(({ path, message }) => `${path.slice(1).replaceAll('/', '.')}: ${message}`),
  };
}

function checkFile(file: FlyFile): string[] {
  const { env, http_service: http, metrics, kill_timeout: killTimeout } = file;
  return [
    ...checkMedia(file),
    ...same('http_service.internal_port', http.internal_port, 'PORT', env.PORT),
    ...same('mounts.destination', file.mounts.destination, 'TUREEN_DATA_DIR', env.TUREEN_DATA_DIR),
    ...same('metrics.port', metrics.port, 'TUREEN_METRICS_PORT', env.TUREEN_METRICS_PORT),
    ...(http.checks.some(({ path }) => path === '/readyz')
      ? []
      : ['http_service.checks asks for none at /readyz, so a node that drains still gets new calls']),
    ...(isOff(http.auto_stop_machines) ? [] : ['http_service.auto_stop_machines is not "off"']),
    ...(Number(env.TUREEN_DRAIN_SECONDS) < killTimeout
      ? []
      : [
          `TUREEN_DRAIN_SECONDS is ${env.TUREEN_DRAIN_SECONDS}, which does not fit kill_timeout, ${killTimeout}`,
        ]),
  ];
}

/** Every worker needs its port for UDP and TCP, and no other ports may be open. */
function checkMedia({ env, services }: FlyFile): string[] {
  const wanted = Array.from(
    { length: Number(env.TUREEN_WORKERS) },
    (_, index) => Number(env.TUREEN_RTC_BASE_PORT) + index,
  );
  const mistakes = services.flatMap(checkService);
  for (const [name, port] of [
    ['PORT', env.PORT],
    ['TUREEN_METRICS_PORT', env.TUREEN_METRICS_PORT],
  ] as const)
    if (wanted.includes(Number(port))) mistakes.push(`${name} is ${port}, which is the port of a worker`);
  for (const protocol of ['udp', 'tcp'] as const) {
    const found = services.filter((service) => service.protocol === protocol);
    const ports = found.map(({ internal_port }) => internal_port).sort((a, b) => a - b);
    if (ports.join() !== wanted.join())
      mistakes.push(
        `${protocol} services have the ports ${ports.join(', ') || 'none'}, but TUREEN_RTC_BASE_PORT and TUREEN_WORKERS want ${wanted.join(', ')}`,
      );
  }
  return mistakes;
}

function checkService({ protocol, internal_port, auto_stop_machines, ports }: Static<typeof Service>) {
  const place = `the ${protocol} service of port ${internal_port}`;
  return [
    ...(isOff(auto_stop_machines) ? [] : [`${place} has auto_stop_machines that is not "off"`]),
    ...ports.flatMap(({ port, handlers = [] }) => [
      ...(port === internal_port
        ? []
        : [`${place} is ${port} outside; media needs the same port on both sides`]),
      ...(handlers.length === 0
        ? []
        : [`${place} has handlers (${handlers.join(', ')}); media must not be changed`]),
    ]),
  ];
}

function checkUnique(read: readonly { name: string; file?: FlyFile }[]): string[] {
  const owners = new Map<string, string>();
  const mistakes: string[] = [];
  for (const { name, file } of read) {
    const claims = file ? [`the app ${file.app}`, ...claimedPorts(file)] : [];
    for (const claim of claims) {
      const owner = owners.get(claim);
      if (owner !== undefined)
        mistakes.push(`${name}: ${claim} is also in ${owner}; each node needs its own`);
      owners.set(claim, name);
    }
  }
  return mistakes;
}

function claimedPorts({ services }: FlyFile): string[] {
  return services.map(({ protocol, internal_port }) => `${protocol} port ${internal_port}`);
}

function same(name: string, value: number | string, other: string, text: string): string[] {
  return String(value) === text ? [] : [`${name} is ${value}, but ${other} is ${text}`];
}

/** Older files have false. */
function isOff(value: unknown): boolean {
  return value === 'off' || value === false;
}
