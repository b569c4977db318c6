import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './support/program.ts';
import { SignalingClient } from './support/signaling-client.ts';
import { until } from './support/until.ts';

setDefaultTimeout(60_000);

const start = (environment: Record<string, string> = {}) => Program.start({ environment });

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tureen-main-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function joined(server: Program, peerId: string): Promise<SignalingClient> {
  const client = await SignalingClient.connect({ server, peerId });
  await client.request('join', { displayName: peerId });
  return client;
}

test('a wrong configuration stops the start with a line for each mistake', async () => {
  await using main = new Program({ environment: { PORT: 'http', LOG_LEVEL: 'loud' } });
  expect(await main.process.exited).toBe(1);
  await main.prints('was not started');
  expect(main.output).toContain(
    'PORT: got "http", wants a whole number from 0 to 65535\nLOG_LEVEL: got "loud"',
  );
});

test('in development mode it says so and prints the address of the page', async () => {
  await using main = await start();
  await main.prints('Try a call');
  expect(main.output).toContain('Development mode');
  expect((await fetch(`http://localhost:${main.port}/readyz`)).status).toBe(200);
});

test('a port that is taken is told with what to do, and no worker stays', async () => {
  await using first = await start();
  await using second = new Program({ environment: { PORT: String(first.port) } });
  expect(await second.process.exited).toBe(1);
  await second.prints('Free the port or set PORT');
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
    await using main = new Program({ environment: { MEDIASOUP_WORKER_BIN: worker } });
    await until(() => existsSync(pidFile), 'a worker that starts');
    const pid = Number(await Bun.file(pidFile).text());
    main.process.kill(signal);
    expect(await main.process.exited).toBe(0);
    await main.prints('ended by a signal before the server was ready');
    await until(() => !existsSync(`/proc/${pid}`), 'the end of the worker');
  },
);

test('the first signal lets calls go on and the second one ends at once, even when it reaches the whole group', async () => {
  await using main = await start({ TUREEN_DRAIN_SECONDS: '600' });
  const alice = await joined(main, 'alice');
  // As a terminal's Ctrl-C does: every process of the group gets it.
  process.kill(-main.process.pid, 'SIGINT');
  const { deadline } = (await alice.waitFor('draining')) as { deadline: number };
  expect(deadline).toBeGreaterThan(Date.now() + 500_000);
  const ready = await fetch(`http://localhost:${main.port}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ reasons: ['the node is draining'] });
  // The worker lives: it still opens a transport.
  await alice.request('createWebRtcTransport', { producing: true });
  const stranger = await SignalingClient.connect({ server: main, roomId: 'new room' });
  expect(await stranger.closed).toMatchObject({ code: 1013 });
  process.kill(-main.process.pid, 'SIGINT');
  expect(await alice.closed).toMatchObject({ code: 1012 });
  expect(await main.process.exited).toBe(1);
});

test('a drain ends when the last call has ended, and the program with it', async () => {
  await using main = await start({ TUREEN_DRAIN_SECONDS: '600' });
  const alice = await joined(main, 'alice');
  main.process.kill('SIGTERM');
  await alice.waitFor('draining');
  await alice.request('leaveCall', {});
  expect(await main.process.exited).toBe(0);
});

test('at the deadline of a drain everyone is told and the program ends', async () => {
  await using main = await start({ TUREEN_DRAIN_SECONDS: '1' });
  const alice = await joined(main, 'alice');
  main.process.kill('SIGTERM');
  expect(await alice.waitFor('roomClosed')).toEqual({ reason: 'draining' });
  expect(await alice.closed).toMatchObject({ code: 1012 });
  expect(await main.process.exited).toBe(0);
});
