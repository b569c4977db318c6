import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { mediaCall } from '../../src/sfu/media/media-call.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const seconds = 1000;

function worker(server: Server, index: number) {
  const { live } = server.sfu.pool.slots[index] ?? {};
  if (!live) throw new Error(`worker ${index} does not run`);
  return live;
}

function deathsOf(server: Server): { workerIndex: number; cause: string }[] {
  const deaths: { workerIndex: number; cause: string }[] = [];
  server.sfu.events.on('workerDied', (death) => void deaths.push(death));
  return deaths;
}

test('a worker that hangs is left out, killed and replaced, and its peers rejoin', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '2' });
  const deaths = deathsOf(server);
  const alice = await enter({ server, peerId: 'alice' });
  const index = server.sfu.peer('room', 'alice').router?.live.index ?? 0;
  const hung = worker(server, index);
  process.kill(hung.worker.pid, 'SIGSTOP');
  await until(() => hung.heartbeat.late, 'a worker that is late');
  // Everybody who comes now is served by the other one, at once.
  await Promise.all(
    Array.from({ length: 6 }, (_, number) => enter({ server, roomId: `room ${number}`, peerId: 'bob' })),
  );
  expect(deaths).toEqual([]);
  expect(() => server.sfu.moveRoom({ roomId: 'room 1', workerIndex: index })).toThrow('runs and answers');
  // What was asked of it ends with it.
  const asked = alice.client.request('getTransportStats', { transportId: alice.sendTransport });
  await expect(asked).rejects.toThrow('gone');
  await alice.client.waitFor('rejoin');
  expect(deaths).toMatchObject([
    { workerIndex: index, cause: 'it did not answer for 5 seconds and was killed' },
  ]);
  await until(() => server.sfu.pool.slots[index]?.live !== undefined, 'its successor');
  expect(worker(server, index).worker.pid).not.toBe(hung.worker.pid);
  expect(server.sfu.unreadyReasons()).toEqual([]);
});

test('while the only worker hangs the node is unready, joins wait for its successor, and usage is not known', async () => {
  await using server = await startServer();
  const hung = worker(server, 0);
  process.kill(hung.worker.pid, 'SIGSTOP');
  await until(() => hung.heartbeat.late, 'a worker that is late');
  const ready = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ reasons: ['no media worker answers'] });
  const usage = server.sfu.read.workerUsage(0);
  await enter({ server, peerId: 'alice' });
  expect(await usage).toBeUndefined();
  expect(server.sfu.unreadyReasons()).toEqual([]);
});

test('a worker that is late and answers again is used again, by those who wait for it too', async () => {
  await using server = await startServer();
  const deaths = deathsOf(server);
  const { worker: process_, heartbeat } = worker(server, 0);
  process.kill(process_.pid, 'SIGSTOP');
  await until(() => heartbeat.late, 'a worker that is late');
  const alice = enter({ server, peerId: 'alice' });
  process.kill(process_.pid, 'SIGCONT');
  await alice;
  expect(heartbeat.late).toBe(false);
  expect(deaths).toEqual([]);
});

test('stalls of the server itself, together longer than a worker may be silent, cost no worker and no peer', async () => {
  await using server = await startServer();
  const deaths = deathsOf(server);
  const alice = await enter({ server, peerId: 'alice' });
  // A beat is on its way when the loop stands still, and comes due meanwhile.
  for (let stall = 0; stall < 2; stall += 1) {
    Bun.sleepSync(4 * seconds);
    await alice.client.request('getTransportStats', { transportId: alice.sendTransport });
  }
  expect(worker(server, 0).heartbeat.late).toBe(false);
  expect(deaths).toEqual([]);
  expect(server.sfu.peer('room', 'alice').joined).toBe(true);
});

test('a server that stops does not leave a hung worker behind', async () => {
  const server = await startServer();
  const { worker: hung, heartbeat } = worker(server, 0);
  process.kill(hung.pid, 'SIGSTOP');
  await until(() => heartbeat.late, 'a worker that is late');
  await server.stop();
  await until(() => hung.subprocessClosed, 'the end of its process');
});

test('an answer that is lost ends in an error that says so, and what comes later is closed', async () => {
  const late = Promise.withResolvers<{ close: () => void }>();
  const closed = Promise.withResolvers<void>();
  const call = mediaCall({ closed: false }, 'opening a transport', () => late.promise);
  await expect(call).rejects.toMatchObject({
    code: 'gone',
    retryable: true,
    message: 'opening a transport got no answer from the media worker within 10 seconds; try again',
  });
  late.resolve({ close: closed.resolve });
  await closed.promise;
});
