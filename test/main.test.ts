import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../src/app/server.ts';
import { SignalingClient, until } from './support/signaling-client.ts';

setDefaultTimeout(60_000);

const root = join(import.meta.dir, '..');

interface Running {
  readonly process: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  /** All that it printed so far. */
  output(): string;
  readonly port: number;
}

const running: Running['process'][] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
    await child.exited;
  }
});

/** Starts the real program in a process group of its own, so that a signal to the group stays there. */
function spawnMain(environment: Record<string, string>): Omit<Running, 'port'> {
  const child = Bun.spawn(['setsid', process.execPath, 'src/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', TUREEN_RTC_BASE_PORT: '0', TUREEN_WORKERS: '1', ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  running.push(child);
  let text = '';
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) text += new TextDecoder().decode(chunk);
  };
  void collect(child.stdout);
  void collect(child.stderr);
  return { process: child, output: () => text };
}

async function start(environment: Record<string, string> = {}): Promise<Running> {
  const main = spawnMain(environment);
  await until(() => /"message":"ready"/.test(main.output()) || main.process.exitCode !== null, 'readiness');
  const port = Number(/localhost:(\d+)/.exec(main.output())?.[1]);
  return { ...main, port };
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tureen-main-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function joined(port: number, peerId: string): Promise<SignalingClient> {
  const client = await SignalingClient.connect({ server: { port } as Server, peerId });
  await client.request('join', { displayName: peerId });
  return client;
}

test('a wrong configuration stops the start with a line for each mistake', async () => {
  const main = spawnMain({ PORT: 'http', LOG_LEVEL: 'loud' });
  expect(await main.process.exited).toBe(1);
  await until(() => main.output().includes('was not started'));
  expect(main.output()).toContain(
    'PORT: got "http", wants a whole number from 0 to 65535\nLOG_LEVEL: got "loud"',
  );
});

test('in development mode it says so and prints the address of the page', async () => {
  const main = await start();
  await until(() => main.output().includes('Try a call'));
  expect(main.output()).toContain('Development mode');
  expect((await fetch(`http://localhost:${main.port}/readyz`)).status).toBe(200);
});

test('a port that is taken is told with what to do, and no worker stays', async () => {
  const first = await start();
  const second = spawnMain({ PORT: String(first.port) });
  expect(await second.process.exited).toBe(1);
  await until(() => second.output().includes('Free the port or set PORT'));
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s while the media workers start ends the program, and no worker stays',
  async (signal) => {
    await using folder = await temporaryFolder();
    // A worker that never says that it runs, and ends with its server as the real one does: when its pipe closes.
    const worker = join(folder.path, 'worker.sh');
    const pidFile = join(folder.path, 'pid');
    await Bun.write(
      worker,
      `#!/bin/sh\necho $$ >${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nexec cat <&3\n`,
    );
    await chmod(worker, 0o755);
    const main = spawnMain({ MEDIASOUP_WORKER_BIN: worker });
    await until(() => existsSync(pidFile), 'a worker that starts');
    const pid = Number(await Bun.file(pidFile).text());
    main.process.kill(signal);
    expect(await main.process.exited).toBe(0);
    expect(main.output()).toContain('ended by a signal before the server was ready');
    await until(() => !existsSync(`/proc/${pid}`), 'the end of the worker');
  },
);

test('the first signal lets calls go on and the second one ends at once, even when it reaches the whole group', async () => {
  const main = await start({ TUREEN_DRAIN_SECONDS: '600' });
  const alice = await joined(main.port, 'alice');
  // As a terminal's Ctrl-C does: every process of the group gets it.
  process.kill(-main.process.pid, 'SIGINT');
  const { deadline } = (await alice.waitFor('draining')) as { deadline: number };
  expect(deadline).toBeGreaterThan(Date.now() + 500_000);
  const ready = await fetch(`http://localhost:${main.port}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ reasons: ['the node is draining'] });
  // The worker lives: it still opens a transport.
  await alice.request('createWebRtcTransport', { producing: true });
  const stranger = await SignalingClient.connect({
    server: { port: main.port } as Server,
    roomId: 'new room',
  });
  expect(await stranger.closed).toMatchObject({ code: 1013 });
  process.kill(-main.process.pid, 'SIGINT');
  expect(await alice.closed).toMatchObject({ code: 1012 });
  expect(await main.process.exited).toBe(1);
});

test('a drain ends when the last call has ended, and the program with it', async () => {
  const main = await start({ TUREEN_DRAIN_SECONDS: '600' });
  const alice = await joined(main.port, 'alice');
  main.process.kill('SIGTERM');
  await alice.waitFor('draining');
  await alice.request('leaveCall', {});
  expect(await main.process.exited).toBe(0);
});

test('at the deadline of a drain everyone is told and the program ends', async () => {
  const main = await start({ TUREEN_DRAIN_SECONDS: '1' });
  const alice = await joined(main.port, 'alice');
  main.process.kill('SIGTERM');
  expect(await alice.waitFor('roomClosed')).toEqual({ reason: 'draining' });
  expect(await alice.closed).toMatchObject({ code: 1012 });
  expect(await main.process.exited).toBe(0);
});
