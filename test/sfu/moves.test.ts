import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Server } from '../../src/app/server.ts';
import { serverActor } from '../../src/core/actors.ts';
import { heldBy } from '../support/held.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const moves = 60;

/** What the workers, their WebRtcServers in both processes and the operating system hold. */
async function held({ sfu }: Server) {
  const lives = sfu.pool.slots.flatMap(({ live }) => live ?? []);
  const dumps = await Promise.all(lives.map(({ webRtcServer }) => webRtcServer.dump()));
  const routers = await Promise.all(lives.map(({ worker }) => worker.dump()));
  return {
    transports: lives.reduce((sum, { webRtcServer }) => sum + heldBy(webRtcServer), 0),
    names: dumps.flatMap(({ localIceUsernameFragments }) => localIceUsernameFragments).length,
    routers: routers.flatMap(({ routerIds }) => routerIds).length,
    descriptors: lives.map(({ worker }) => readdirSync(`/proc/${worker.pid}/fd`).length),
  };
}

test('a room that is moved again and again leaves nothing behind, neither here nor in the workers', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '2' });
  const { sfu } = server;
  const peers = [await enter({ server, peerId: 'alice' }), await enter({ server, peerId: 'bob' })];
  const before = await held(server);
  expect(before).toMatchObject({ transports: 4, names: 4, routers: 1 });
  for (let move = 0; move < moves; move += 1) {
    sfu.moveRoom({ roomId: 'room', workerIndex: (sfu.read.room('room').workers[0] ?? 0) === 0 ? 1 : 0 });
    for (const { client } of peers) {
      await until(() => client.named('rejoin').length > move, 'the move');
      await client.request('createWebRtcTransport', { producing: true });
      await client.request('createWebRtcTransport', { consuming: true });
      await client.request('join', { displayName: 'again' });
    }
  }
  expect(await held(server)).toEqual(before);
});

test('a transport that is on its way while its room moves or closes is closed, or made elsewhere', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '2' });
  const { sfu } = server;
  const { client } = await enter({ server, peerId: 'alice', join: { stayOutside: true } });
  const open = () => client.request('createWebRtcTransport', { producing: true });
  const settled = Promise.allSettled([open(), open(), open()]);
  sfu.moveRoom({ roomId: 'room', workerIndex: 1 });
  await settled;
  const bob = await enter({ server, roomId: 'other', peerId: 'bob', join: { stayOutside: true } });
  const closing = bob.client.request('createWebRtcTransport', { producing: true });
  sfu.closeRoom({ roomId: 'other', by: serverActor });
  sfu.closeRoom({ roomId: 'room', by: serverActor });
  await closing.catch(() => {});
  await until(() => sfu.rooms.size === 0, 'the end of the rooms');
  expect(await held(server)).toMatchObject({ transports: 0, names: 0, routers: 0 });
});
