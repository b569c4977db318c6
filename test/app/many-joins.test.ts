import { heapStats } from 'bun:jsc';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

const joins = 5000;
const warmUp = 500;
const atOnce = 20;
const rooms = 10;
/** Objects of JavaScript that may come and go by chance. */
const mostStray = { Map: 100, Set: 100, Promise: 200 } as const;
const heapBound = 3 * 1024 * 1024;

/** Joins and leaves by turns, in every way in which clients leave. */
async function joinAndLeave(server: Server, count: number): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < count) {
      const number = next++;
      const peer = { server, roomId: `room ${number % rooms}`, peerId: `peer ${number}` };
      const connection = await SignalingClient.connect(peer);
      await connection.request('join', { displayName: peer.peerId });
      if (number % 3 === 0) await connection.request('leaveCall', {}).catch(() => {});
      else if (number % 3 === 1) connection.socket.close();
      else (connection.socket as WebSocket & { terminate(): void }).terminate();
      await connection.closed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  await until(() => server.sfu.rooms.size === 0, 'the end of the rooms');
}

function measure(server: Server) {
  Bun.gc(true);
  const { objectTypeCounts, heapSize } = heapStats();
  const worker = server.sfu.pool.slots[0]?.live?.worker.pid;
  return {
    heap: heapSize,
    objects: objectTypeCounts,
    descriptors: readdirSync('/proc/self/fd').length,
    workerDescriptors: readdirSync(`/proc/${worker}/fd`).length,
  };
}

test(`${joins} joins and leaves leave no object, no descriptor and no memory behind`, async () => {
  const settings = { TUREEN_EMPTY_ROOM_SECONDS: '0', TUREEN_MESSAGES_PER_SECOND: '100000' };
  await using server = await startServer(settings);
  await joinAndLeave(server, warmUp);
  const before = measure(server);
  await joinAndLeave(server, joins);
  let after = measure(server);
  const grown = () =>
    Object.entries(mostStray).filter(
      ([name, most]) => (after.objects[name] ?? 0) - (before.objects[name] ?? 0) > most,
    );
  await until(() => {
    after = measure(server);
    return (
      grown().length === 0 && after.heap - before.heap < heapBound && after.descriptors <= before.descriptors
    );
  }, 'what was before').catch(() => {});
  expect(grown()).toEqual([]);
  expect(after.heap - before.heap).toBeLessThan(heapBound);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.workerDescriptors).toBe(before.workerDescriptors);
});
