import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError, say } from '../machine/console.ts';
import type { MeshOptions } from './options.ts';

export interface LaunchOptions extends MeshOptions {
  /** The module that runs a server. */
  readonly server: string;
  /** The command that runs the bus. */
  readonly natsServer: string;
}

export interface RunningMesh {
  readonly nodes: readonly { readonly name: string; readonly url: string }[];
  /** When all of it has ended. */
  readonly ended: Promise<void>;
  /** Drains a node, which moves its clients to the others, ends it and starts it again. */
  restart(index: number): Promise<void>;
  /** Ends all of it. */
  end(): Promise<void>;
}

type Child = Bun.Subprocess<'ignore', 'pipe', 'pipe'>;

const startTimeoutMs = 60_000;
const endTimeoutMs = 10_000;
/** How long a node that restarts has for moving its clients to the others. */
const drainSeconds = 30;
/** How many ports each node has for its workers, for RTP and for pipes. */
const portsEach = { workers: 100, rtp: 50, pipes: 50 };

/**
 * Starts a bus and nodes on loopback, each with ports of its own, and waits until all of them serve.
 * @throws SetupError with what a part said when it did not start; then all others have been ended
 */
export async function launchMesh(options: LaunchOptions): Promise<RunningMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-mesh-'));
  const children: Child[] = [];
  let ending: Promise<void> | undefined;
  const end = () => {
    ending ??= endAll(children, folder);

    return ending;
  };

  try {
    const bus = startBus(options.natsServer, folder);

    children.push(bus.child);
    const busUrl = `nats://127.0.0.1:${await bus.port}`;
    const started = Array.from({ length: options.nodes }, (_, index) => startNode(options, index, busUrl));

    children.push(...started.map(({ child }) => child));
    const nodes = await Promise.all(started.map(({ ready }) => ready));
    const restart = async (index: number) => {
      const child = children[index + 1];

      child?.kill('SIGTERM');
      await child?.exited;

      if (ending) {
        return;
      }

      const { child: next, ready } = startNode(options, index, busUrl);

      children[index + 1] = next;
      await ready;
    };

    return { nodes, ended: whenEnded(children).then(end), restart, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A child that is started again takes the place of the former one. */
async function whenEnded(children: readonly Child[]): Promise<void> {
  while (children.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    await Promise.all(children.map((child) => child.exited));
  }
}

function startBus(natsServer: string, folder: string): { child: Child; port: Promise<number> } {
  // It takes a free port and tells of it.
  const listening = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
  const child = spawn([natsServer, '-a', '127.0.0.1', '-p', '-1', '-js', '-sd', join(folder, 'bus')], {});
  const output = follow(child, 'bus', () => false);

  return { child, port: output.prints(listening).then(([, port]) => Number(port)) };
}

function startNode({ server, port, nodes, rolling }: LaunchOptions, index: number, busUrl: string) {
  const name = nodeName(index);
  const child = spawn([process.execPath, server], {
    ...nodeEnvironment({ index, nodes }),
    TUREEN_DRAIN_SECONDS: rolling === undefined ? '0' : String(drainSeconds),
    PORT: String(port + index),
    TUREEN_NODE: name,
    TUREEN_PUBLIC_URL: `http://localhost:${port + index}`,
    TUREEN_BUS_URL: busUrl,
  });
  const output = follow(child, `node ${name}`, isForPeople);
  const ready = output.prints(/Try a call: (\S+)/).then(([, url = '']) => ({ name, url }));

  return { child, ready };
}

/** a, b, c ... */
function nodeName(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

/** What differs from node to node, but for what the user has set. */
function nodeEnvironment({ index, nodes }: { index: number; nodes: number }): Record<string, string> {
  const { TUREEN_RTC_BASE_PORT: base = '40000', TUREEN_WORKERS, LOG_LEVEL } = process.env;
  const rtp = 42_000 + index * portsEach.rtp;
  const pipes = 43_000 + index * portsEach.pipes;

  return {
    TUREEN_RTC_BASE_PORT: base === '0' ? base : String(Number(base) + index * portsEach.workers),
    TUREEN_RTP_PORTS: `${rtp}-${rtp + portsEach.rtp - 1}`,
    TUREEN_PIPE_PORTS: `${pipes}-${pipes + portsEach.pipes - 1}`,
    TUREEN_WORKERS: TUREEN_WORKERS ?? String(Math.max(1, Math.floor(availableParallelism() / nodes))),
    LOG_LEVEL: LOG_LEVEL ?? 'warn',
  };
}

function spawn(command: readonly string[], environment: Record<string, string>): Child {
  // In a session of its own: Ctrl-C in the terminal reaches this process, which ends the others in their order.
  return Bun.spawn(Bun.which('setsid') ? ['setsid', ...command] : [...command], {
    env: { ...process.env, ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

/** Lines of a node for people: what it has to say beside that it is ready, which is said for all together. */
function isForPeople(line: string): boolean {
  return !/^(Tureen is ready|Development mode)/.test(line);
}

/** Shows the lines of a child, and waits for one of them. */
function follow(child: Child, name: string, isShown: (line: string) => boolean) {
  const seen: string[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const wake of waiting) {
      wake();
    }
  };
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let rest = '';

    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');

      rest = lines.pop() ?? '';
      seen.push(...lines);
      // What it said while it started is told when it does not; nobody needs the rest.
      seen.splice(0, seen.length - 100);

      for (const line of lines.filter(isShown)) {
        say(`${name}: ${line}`);
      }

      look();
    }
  };
  let isOver = false;

  void Promise.all([read(child.stdout), read(child.stderr)]).then(() => {
    isOver = true;
    look();
  });

  return {
    prints: (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const fail = (why: string) =>
          settle(() => reject(new SetupError(`${name} ${why}. It said:\n${seen.join('\n')}`)));
        const timer = setTimeout(
          () => fail(`was not ready within ${startTimeoutMs / 1000} s`),
          startTimeoutMs,
        );
        const settle = (how: () => void) => {
          clearTimeout(timer);
          waiting.delete(wake);
          how();
        };
        const wake = () => {
          const found = seen.map((line) => pattern.exec(line)).find((match) => match !== null);

          if (found) {
            settle(() => resolve(found));
          } else if (isOver) {
            fail('ended');
          }
        };

        waiting.add(wake);
        wake();
      }),
  };
}

/** The nodes first, while the bus still carries their goodbyes. */
async function endAll([bus, ...nodes]: readonly Child[], folder: string): Promise<void> {
  await Promise.all(nodes.map(endChild));

  if (bus) {
    await endChild(bus);
  }

  await rm(folder, { recursive: true, force: true });
}

async function endChild(child: Child): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);

  await child.exited;
  clearTimeout(timer);
}
