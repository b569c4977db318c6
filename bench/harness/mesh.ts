import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnChild, stopChild } from './children.ts';
import { freePort, type RunningServer, root, startServer } from './server.ts';

const startTimeoutMs = 20_000;

/** A bus on this machine, with the port on which it says what it carries. */
export interface RunningBus extends AsyncDisposable {
  readonly url: string;
  /** Reads one of its pages: https://docs.nats.io/running-a-nats-service/nats_admin/monitoring */
  monitor<T>(path: string): Promise<T>;
}

/** Nodes that meet over one bus, each a process with a media worker. */
export interface RunningNodes extends AsyncDisposable {
  readonly bus: RunningBus;
  readonly nodes: readonly RunningServer[];
}

/** Whether there is a bus to measure with. */
export function findNatsServer(): string {
  const found = Bun.which(process.env.TUREEN_NATS_SERVER ?? 'nats-server');
  if (found) return found;
  throw new Error(
    'nodes meet over a bus: install nats-server (Debian: apt install nats-server), then run it again',
  );
}

/** Starts a bus, and nodes that each know all others when this returns. */
export async function startNodes(count: number): Promise<RunningNodes> {
  await using ends = new AsyncDisposableStack();
  const bus = ends.use(await startBus());
  const names = Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index));
  const starting = names.map((name) =>
    startServer({ side: 'ours', workers: 1, environment: onBus(name, bus) }),
  );
  for (const started of await Promise.allSettled(starting))
    if (started.status === 'fulfilled') ends.use(started.value);
  const nodes = await Promise.all(starting);
  for (const node of nodes) await untilItKnows(node, count - 1);
  const all = ends.move();
  return { bus, nodes, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Waits until a node hears so many others. */
export async function untilItKnows({ port }: RunningServer, others: number): Promise<void> {
  const wanted = new RegExp(`^tureen_mesh_nodes\\{state="living".*\\} ${others}$`, 'm');
  await untilTrue(`a node that hears ${others} others`, async () => {
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return wanted.test(page);
  });
}

/** Looks again and again. @throws Error when it does not come true in time */
export async function untilTrue(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (await isTrue()) return;
    await Bun.sleep(20);
  }
  throw new Error(`waited for ${what} for ${startTimeoutMs / 1000} seconds`);
}

function onBus(name: string, { url }: RunningBus): Readonly<Record<string, string>> {
  return { TUREEN_NODE: name, TUREEN_BUS_URL: url };
}

async function startBus(): Promise<RunningBus> {
  const [port, monitorPort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'tureen-bench-bus-'));
  const log = Bun.file(join(folder, 'bus.log'));
  const command = [
    findNatsServer(),
    '-a',
    '127.0.0.1',
    '-p',
    `${port}`,
    '-m',
    `${monitorPort}`,
    '-js',
    '-sd',
    folder,
  ];
  const child = spawnChild(command, { cwd: root, stdout: log, stderr: log });
  const page = (path: string) => `http://127.0.0.1:${monitorPort}/${path}`;
  const end = async () => {
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilTrue(
      'a bus that listens',
      async () => (await fetch(page('healthz')).catch(() => undefined))?.ok ?? false,
    );
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    monitor: async <T>(path: string) => (await (await fetch(page(path))).json()) as T,
    [Symbol.asyncDispose]: end,
  };
}
