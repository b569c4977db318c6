import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerBin as usualBin } from 'mediasoup';
import { type EmbeddedFile, unpack, unpackAgain } from '../../src/cli/unpack.ts';
import { places } from '../../src/host/paths.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

let parent = '';
const unchanged = { ...places };

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tureen-restore-'));
});

afterAll(async () => {
  Object.assign(places, unchanged);
  await rm(parent, { recursive: true, force: true });
});

async function embedded(): Promise<EmbeddedFile[]> {
  const sha256 = new Bun.CryptoHasher('sha256').update(await Bun.file(usualBin).arrayBuffer()).digest('hex');
  return [{ path: 'mediasoup-worker', embedded: usualBin, sha256, executable: true }];
}

test('a worker that dies after the folder with its executable was deleted is unpacked again and replaced', async () => {
  const files = await embedded();
  const folder = await unpack(files, { TUREEN_UNPACK_DIR: parent });
  places.restore = unpackAgain(files, folder);
  const workerBin = join(folder, 'mediasoup-worker');
  await using server = await startServer({ TUREEN_WORKERS: '2' }, { workerBin });
  const failures: unknown[] = [];
  server.sfu.events.on('workerFailed', (failure) => void failures.push(failure));
  const pids = server.sfu.pool.slots.map(({ live }) => live?.worker.pid ?? 0);
  await rm(parent, { recursive: true });
  // Both at once: one of them unpacks, for both.
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const running = () => server.sfu.pool.slots.map(({ live }) => live?.worker.pid ?? 0);
  await until(() => running().every((pid) => pid > 0 && !pids.includes(pid)), 'the successors');
  expect(existsSync(workerBin)).toBe(true);
  expect(failures).toEqual([]);
  await enter({ server, peerId: 'alice' });
});

test('where it cannot be put back, what is wrong is said, and a file that comes back is used', async () => {
  places.restore = unchanged.restore;
  const folder = await unpack(await embedded(), { TUREEN_UNPACK_DIR: parent });
  const workerBin = join(folder, 'mediasoup-worker');
  await using server = await startServer({}, { workerBin });
  const failures: { cause: string }[] = [];
  server.sfu.events.on('workerFailed', (failure) => void failures.push(failure));
  await rm(folder, { recursive: true });
  process.kill(server.sfu.pool.slots[0]?.live?.worker.pid ?? 0, 'SIGKILL');
  await until(() => failures.length > 0, 'a failure');
  expect(failures[0]?.cause).toBe(
    `the media worker cannot be started, for ${workerBin} is not there. Put the file back, or restart the server, which provides it`,
  );
  await unpack(await embedded(), { TUREEN_UNPACK_DIR: parent });
  await enter({ server, peerId: 'alice' });
});
