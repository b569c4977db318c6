import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnChild, stopChild } from './children.ts';
import { childrenOf, cpuSeconds, type Memory, memoryOf, readStat, threadSeconds } from './proc.ts';

export const root = join(import.meta.dir, '..', '..');
const workerCommand = 'mediasoup-worker';
/** A server that is not ready after this time has failed. */
const startTimeoutMs = 30_000;

/** The side that is measured: Tureen, or the reference. */
export type Side = 'ours' | 'reference';
/** A program that can be started: also Tureen as one executable, and a minimal server on mediasoup. */
export type Program = Side | 'executable' | 'bare';

const executable = join(root, 'dist', 'tureen');
let built: Promise<void> | undefined;

export interface ServerOptions {
  side: Program;
  /** Number of media workers. Default: the number of cores. */
  workers?: number;
  environment?: Readonly<Record<string, string>>;
}

/** A server process under measurement. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from the start of the process to the first answer that says ready. */
  readonly bootMilliseconds: number;
  readonly workerPids: readonly number[];
  /** Processor time of the server process, without the media workers. */
  cpuSeconds(): number;
  /** Processor time of its media workers together. */
  workerCpuSeconds(): number;
  memory(): Memory;
  stop(): Promise<void>;
}

/** Starts one server, the same way for both sides, and waits until it says that it is ready. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tureen-bench-'));
  const logFile = join(folder, 'server.log');
  const startedAt = performance.now();
  const child = spawnChild(commandOf(options.side), {
    cwd: root,
    env: { ...process.env, ...environmentOf(options, port) },
    stdout: Bun.file(logFile),
    stderr: Bun.file(logFile),
  });
  const stop = async () => {
    const workers = childrenOf(child.pid, workerCommand);
    await stopChild(child);
    await endOrphans(workers);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const path = options.side === 'ours' || options.side === 'executable' ? '/readyz' : '/';
    await untilReady(`http://127.0.0.1:${port}${path}`, child);
  } catch (error) {
    const log = readFileSync(logFile, 'utf8').slice(-2000);
    await stop();
    throw new Error(`the server (${options.side}) did not start: ${(error as Error).message}\n${log}`);
  }
  const workerPids = childrenOf(child.pid, workerCommand);
  return {
    pid: child.pid,
    port,
    bootMilliseconds: performance.now() - startedAt,
    workerPids,
    cpuSeconds: () => cpuSeconds(child.pid),
    workerCpuSeconds: () => workerPids.reduce((sum, pid) => sum + threadSeconds(pid), 0),
    memory: () => memoryOf(child.pid),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Builds the executable from the current sources, once in a run. @throws Error when that fails */
export function buildExecutable(): Promise<void> {
  built ??= (async () => {
    const build = spawnChild([process.execPath, 'scripts/build.ts', '--outfile', executable], {
      cwd: root,
      stdout: 'inherit',
      stderr: 'inherit',
    });
    if ((await build.exited) !== 0) throw new Error('the executable could not be built (see above)');
  })();
  return built;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** Node.js for the reference. @throws Error when it is not installed */
export function findNode(): string {
  const node = Bun.which('node');
  if (node) return node;
  throw new Error('the reference runs on Node.js: install Node.js 20 or later, then run the benchmark again');
}

/** Starts ours as `npm start` does after the set-up. */
function commandOf(side: Program): string[] {
  if (side === 'ours') return [process.execPath, 'scripts/start.ts'];
  if (side === 'executable') return [executable];
  return [findNode(), side === 'bare' ? 'bench/reference/bare.mjs' : 'bench/reference/server.mjs'];
}

function environmentOf({ workers, environment }: ServerOptions, port: number): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: String(port),
    TUREEN_RTC_BASE_PORT: '0',
    TUREEN_DRAIN_SECONDS: '0',
    // The address of the reference's media alone: in development mode ours offers the host's as well.
    TUREEN_LISTEN_IP: '127.0.0.1',
    // The reference has no rate limit, so ours is raised where it would affect the result.
    TUREEN_MESSAGES_PER_SECOND: '100000',
    // It is measured at its end, too.
    TUREEN_FULL_AT: '1',
    ...(workers === undefined ? {} : { TUREEN_WORKERS: String(workers) }),
    ...environment,
  };
}

async function untilReady(url: string, child: Bun.Subprocess): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await Bun.sleep(2);
  }
  throw new Error(`it did not answer ${url} within ${startTimeoutMs / 1000} seconds`);
}

/** Workers should end with their server; one that does not would disturb the next run. */
async function endOrphans(pids: readonly number[]): Promise<void> {
  const living = () =>
    pids.filter((pid) => {
      const stat = readStat(pid);
      return stat !== undefined && stat.state !== 'Z' && workerCommand.startsWith(stat.command);
    });
  for (let attempt = 0; attempt < 200 && living().length > 0; attempt += 1) await Bun.sleep(10);
  for (const pid of living()) process.kill(pid, 'SIGKILL');
}
