import { expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { Monitor } from '../../admin/live/monitor.ts';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

/** Without a dashboard of its own and with rare metrics, which would read statistics too. */
const quiet = { TUREEN_ADMIN: 'off', TUREEN_STATS_INTERVAL_SECONDS: '300' };

/** A server with rooms in which everybody sends a microphone to everybody else. */
async function startCalls(rooms: Readonly<Record<string, readonly string[]>>) {
  const server = await startServer(quiet);
  for (const [roomId, peerIds] of Object.entries(rooms)) {
    for (const [index, peerId] of peerIds.entries()) {
      const { client, sendTransport } = await enter({ server, roomId, peerId });
      await client.request('produce', audioTrack(sendTransport, 1000 + index));
    }
    const consumers = peerIds.length * (peerIds.length - 1);
    await until(() => server.sfu.read.consumers(roomId).length === consumers, 'all consumers');
  }
  return server;
}

const idsOf = (all: readonly { id: string }[]) => all.map(({ id }) => id);
const sessionOf = ({ sfu }: Server, peerId: string) => sfu.read.peer('room', peerId).sessionId;

test('each stay of a peer has graphs of its own, which are dropped when it ends', async () => {
  await using server = await startServer(quiet);
  const monitor = new Monitor({ sfu: server.sfu, clock: new TestClock() });
  await enter({ server, peerId: 'ada' });
  const first = sessionOf(server, 'ada');
  const points = (sessionId: string) => monitor.measures.session(sessionId).incoming.values.length;
  await monitor.sample();
  await monitor.sample();
  expect(points(first)).toBe(2);
  await enter({ server, peerId: 'ada' });
  const second = sessionOf(server, 'ada');
  await monitor.sample();
  expect([first === second, points(first), points(second)]).toEqual([false, 0, 1]);
  const [transport = ''] = idsOf(server.sfu.read.peer('room', 'ada').transports);
  expect(monitor.measures.transports.has(transport)).toBe(true);
  server.sfu.closeRoom({ roomId: 'room', by: { kind: 'server', id: '' } });
  await monitor.sample();
  expect([points(second), monitor.measures.transports.size]).toEqual([0, 0]);
  expect(monitor.history.peers.values).toEqual([1, 1, 1, 0]);
  expect(monitor.history.rooms.values).toEqual([1, 1, 1, 0]);
  monitor.close();
});

test('a peer whose transports have closed keeps its graphs while it stays', async () => {
  await using server = await startServer(quiet);
  const monitor = new Monitor({ sfu: server.sfu, clock: new TestClock() });
  await enter({ server, peerId: 'ada' });
  const sessionId = sessionOf(server, 'ada');
  await monitor.sample();
  for (const { transport } of [...server.sfu.peer('room', 'ada').transports.values()]) transport.close();
  await monitor.sample();
  expect(monitor.measures.session(sessionId).incoming.values).toEqual([0, 0]);
  monitor.close();
});

test('streams are read once a second for all viewers, in watched rooms only, and in full for watched peers', async () => {
  await using server = await startCalls({ room: ['ada', 'bea', 'cleo'], other: ['dora', 'eva'] });
  const clock = new TestClock();
  const monitor = new Monitor({ sfu: server.sfu, clock });
  const changes = new Set<string | undefined>();
  monitor.onChange((roomId) => changes.add(roomId));
  const stops = [
    monitor.watch({ roomId: 'room' }),
    monitor.watch({ roomId: 'room' }),
    monitor.watch({ roomId: 'room', peerId: 'ada' }),
    monitor.watch({ roomId: 'no such room' }),
  ];
  // The first sample comes half a second after the start, the first reading of a room a second after it.
  clock.advance(600);
  await until(() => monitor.history.rooms.values.length === 1, 'the first sample');
  const asked = spyOn(server.sfu.read, 'statistics');
  changes.clear();
  clock.advance(400);
  const ada = monitor.measures.session(sessionOf(server, 'ada'));
  await until(() => ada.streams.size === 3, 'the reading of the room');
  const { peers } = server.sfu.read.room('room');
  const wanted = peers.flatMap(({ id, transports, producers, consumers }) =>
    idsOf([...transports, ...producers, ...(id === 'ada' ? consumers : consumers.slice(0, 1))]),
  );
  expect(wanted).toHaveLength(6 + 3 + 4);
  expect(asked.mock.calls.map(([{ id }]) => id).sort()).toEqual(wanted.sort());
  await until(() => changes.has('room'), 'the notice that the room has changed');

  for (const stop of stops) stop();
  asked.mockClear();
  clock.advance(1000);
  expect(asked).not.toHaveBeenCalled();
  monitor.close();
});

test('while no page is open a young reading is used again, and with one each sample asks the worker', async () => {
  await using server = await startServer(quiet);
  const monitor = new Monitor({ sfu: server.sfu, clock: new TestClock() });
  const { sendTransport } = await enter({ server, peerId: 'ada' });
  const asked = spyOn(server.sfu.peer('room', 'ada').webRtcTransport(sendTransport).transport, 'getStats');
  await monitor.sample();
  await monitor.sample();
  expect(asked).toHaveBeenCalledTimes(1);
  const stop = monitor.onChange(() => {});
  await monitor.sample();
  expect(asked).toHaveBeenCalledTimes(2);
  stop();
  monitor.close();
});

test('each worker has a graph of its processor time, also while it carries nothing', async () => {
  await using server = await startServer({ ...quiet, TUREEN_WORKERS: '2' });
  const monitor = new Monitor({ sfu: server.sfu, clock: new TestClock() });
  await monitor.sample();
  await monitor.sample();
  expect([...monitor.workerCpu.keys()]).toEqual([0, 1]);
  for (const { values } of monitor.workerCpu.values()) {
    expect(values).toHaveLength(1);
    expect(values[0]).toBeGreaterThanOrEqual(0);
  }
  monitor.close();
});
