import { expect, setDefaultTimeout, test } from 'bun:test';
import { constants, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '../../src/app/server.ts';
import { Program } from '../support/program.ts';
import { testSecret, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

const secret = { TUREEN_API_KEY: withKeys.TUREEN_API_KEY, TUREEN_API_SECRET: withKeys.TUREEN_API_SECRET };

/** What a pipe of Linux holds. */
const pipeBytes = 64 * 1024;

function workerOf(program: Program): number {
  return Number(program.logged('workerStarted')[0]?.pid);
}

/** A program that logs into a file, and says on standard error where it is. */
async function logsInto(path: string, environment: Record<string, string> = {}) {
  const command = ['sh', '-c', `exec "$0" src/main.ts >"$1"`, process.execPath, path];
  const program = new Program({ command, environment });
  await program.prints('Try a call');
  const url = /Try a call: (\S+)/.exec(program.output)?.[1] ?? '';
  return { program, url, lives: async () => (await fetch(`${url}livez`)).status };
}

/** Each join and leave is logged in several lines. */
async function makeLogLines(url: string, joins: number): Promise<void> {
  const server = { port: Number(new URL(url).port) } as Server;
  for (let join = 0; join < joins; join += 1) {
    const peer = { server, roomId: 'r'.repeat(60), peerId: `${join} ${'p'.repeat(50)}` };
    const client = await SignalingClient.connect(peer);
    await client.request('join', { displayName: 'n'.repeat(50) });
    await client.close();
  }
}

test('a worker gets none of the secrets of the server', async () => {
  await using program = await Program.start({ environment: { ...secret, LD_LIBRARY_PATH: '/nowhere' } });
  const pid = workerOf(program);
  await until(() => readFileSync(`/proc/${pid}/environ`, 'utf8').includes('MEDIASOUP_VERSION'));
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  expect(environment.join('\n')).not.toContain(testSecret);
  const names = environment.map((line) => line.split('=')[0] ?? '').toSorted();
  expect(names.filter((name) => name !== 'TZ')).toEqual(['LD_LIBRARY_PATH', 'MEDIASOUP_VERSION', 'PATH']);
});

test('a server that stood still for six seconds keeps its workers and its peers', async () => {
  await using program = await Program.start({ environment: secret });
  const server = { port: program.port } as Server;
  const alice = await SignalingClient.connect({ server, token: await tokenFor('room', 'alice') });
  await alice.request('createWebRtcTransport', { producing: true });
  await alice.request('join', { displayName: 'alice' });
  program.process.kill('SIGSTOP');
  // Longer than a worker may be silent: this is the fault, not a wait.
  await Bun.sleep(6000);
  program.process.kill('SIGCONT');
  await alice.request('createWebRtcTransport', { consuming: true });
  expect(program.logged('workerDied')).toEqual([]);
  expect(alice.named('rejoin')).toEqual([]);
  expect(existsSync(`/proc/${workerOf(program)}`)).toBe(true);
});

test('workers that die again and again make the node unready, and the calls come back once they live', async () => {
  await using program = await Program.start();
  const ready = async () => (await fetch(`http://localhost:${program.port}/readyz`)).status;
  const alice = await SignalingClient.connect({ server: { port: program.port } as Server });
  await alice.request('createWebRtcTransport', { producing: true });
  for (let death = 0; death < 4; death += 1) {
    await until(() => program.logged('workerStarted').length === death + 1, 'the next worker');
    process.kill(Number(program.logged('workerStarted')[death]?.pid), 'SIGKILL');
    await until(() => program.logged('workerDied').length === death + 1, 'its death');
  }
  expect(await ready()).toBe(503);
  await alice.waitFor('rejoin');
  await until(() => program.logged('workerStarted').length === 5, 'the last worker');
  await alice.request('createWebRtcTransport', { producing: true });
  await alice.request('join', { displayName: 'alice' });
});

test('a server whose log goes to a full disk answers, and ends on SIGTERM', async () => {
  const { program, lives } = await logsInto('/dev/full');
  await using _ended = program;
  expect(await lives()).toBe(200);
  program.process.kill('SIGTERM');
  expect(await program.process.exited).toBe(0);
});

test.each(['closed', 'not read any more'] as const)(
  'a server whose log goes to a pipe that is %s answers, and ends on SIGTERM',
  async (how) => {
    const folder = await mkdtemp(join(tmpdir(), 'tureen-pipe-'));
    const pipe = join(folder, 'log');
    Bun.spawnSync(['mkfifo', pipe]);
    // Without this a pipe could not be opened before somebody writes to it.
    const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const { program, url, lives } = await logsInto(pipe);
    await using _ended = program;
    if (how === 'closed') await reader.close();
    // Many times what a pipe holds.
    await makeLogLines(url, 150);
    expect(await lives()).toBe(200);
    program.process.kill('SIGTERM');
    expect(await program.process.exited).toBe(0);
    if (how !== 'closed') {
      // It was full, so lines waited in the server.
      const { bytesRead } = await reader.read(new Uint8Array(2 * pipeBytes));
      expect(bytesRead).toBeGreaterThan(pipeBytes / 2);
      await reader.close();
    }
    await rm(folder, { recursive: true });
  },
);

test('lines that nobody reads are counted in the metrics, and told in the log once it is read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-pipe-'));
  const pipe = join(folder, 'log');
  Bun.spawnSync(['mkfifo', pipe]);
  const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  // A line for each at the start, of more than a megabyte together.
  const names = Array.from({ length: 25 }, (_, index) => `TUREEN_${index}_${'X'.repeat(60_000)}`);
  const { program, url } = await logsInto(pipe, Object.fromEntries(names.map((name) => [name, '1'])));
  await using _ended = program;
  const lost = async () =>
    Number(/^tureen_log_lines_lost_total\S* (\d+)/m.exec(await (await fetch(`${url}metrics`)).text())?.[1]);
  const before = await lost();
  expect(before).toBeGreaterThan(3);
  expect(before).toBeLessThan(25);

  let read = '';
  const told = /^.*log lines could not be written and were lost.*$/m;
  await until(async () => {
    const { bytesRead, buffer } = await reader
      .read(new Uint8Array(4 * pipeBytes))
      .catch(() => ({ bytesRead: 0, buffer: new Uint8Array() }));
    read += new TextDecoder().decode(buffer.subarray(0, bytesRead));
    return told.test(read);
  }, 'the line about lost lines');
  expect(JSON.parse(told.exec(read)?.[0] ?? '')).toMatchObject({ level: 'warn', lost: before });
  expect(await lost()).toBe(before);
  await reader.close();
  await rm(folder, { recursive: true });
});
