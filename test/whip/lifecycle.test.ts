import { expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { call, open, sessionPath, useServers } from './whip-client.ts';

const start = useServers();

/** How each peer of a server ended, and a way to wait for so many ends. */
function endings(server: Server) {
  const ends: [string, string][] = [];
  server.sfu.events.on('peerLeft', ({ peerId, reason }) => {
    ends.push([peerId.startsWith('whep-') ? 'viewer' : peerId, reason]);
  });
  return async (count: number) => {
    await until(() => ends.length >= count, `the end of ${count} peers`);
    return ends;
  };
}

test('a session without a connection for media ends after ten seconds, a viewer too', async () => {
  const clock = new TestClock();
  const server = await start({}, { clock });
  const ends = endings(server);
  const publisher = sessionPath(await open(server, '/whip/room?peerId=camera'));
  clock.advance(4000);
  const viewer = sessionPath(await open(server, '/whep/room', { offer: 'chromium-player' }));
  clock.advance(5000);
  expect((await call(server, publisher)).status).toBe(204);
  clock.advance(1000);
  // What a viewer watches has ended with the publisher, before its own time was over.
  expect(await ends(2)).toEqual([
    ['viewer', 'left'],
    ['camera', 'join_timeout'],
  ]);
  for (const path of [publisher, viewer]) expect((await call(server, path)).status).toBe(404);
});

test('a session ends with the connection for media', async () => {
  const server = await start();
  const ends = endings(server);
  const path = sessionPath(await open(server, '/whip/room?peerId=camera'));
  const [entry] = server.sfu.peer('room', 'camera').transports.values();
  entry?.transport.close();
  expect(await ends(1)).toEqual([['camera', 'disconnected']]);
  expect((await call(server, path)).status).toBe(404);
});

test('a session ends when its worker dies or its room moves, and the client may open another one', async () => {
  const server = await start({ TUREEN_WORKERS: '2' });
  const ends = endings(server);
  await open(server, '/whip/room?peerId=camera');
  await open(server, '/whep/room', { offer: 'chromium-player' });
  server.sfu.moveRoom({ roomId: 'room', workerIndex: 1 });
  expect((await ends(2)).map(([, reason]) => reason)).toEqual(['left', 'disconnected']);
  expect((await open(server, '/whip/room?peerId=camera')).status).toBe(201);
  expect((await open(server, '/whep/room', { offer: 'chromium-player' })).status).toBe(201);
  killWorker(server, 1);
  expect((await ends(4)).map(([who]) => who).sort()).toEqual(['camera', 'camera', 'viewer', 'viewer']);
  expect(server.sfu.room('room').peers.size).toBe(0);
});

test('a session ends with its room, and with the server', async () => {
  const server = await start();
  const ends = endings(server);
  const path = sessionPath(await open(server, '/whip/room?peerId=camera'));
  server.sfu.closeRoom({ roomId: 'room', by: { kind: 'admin', id: 'root' } });
  expect(await ends(1)).toEqual([['camera', 'room_closed']]);
  expect((await call(server, path)).status).toBe(404);
  await open(server, '/whip/room?peerId=camera');
  await server.stop();
  expect((await ends(2))[1]).toEqual(['camera', 'server_closed']);
});

test('what a moderator muted goes on when it is allowed again, for an encoder cannot resume it by hand', async () => {
  const server = await start();
  await open(server, '/whip/room?peerId=camera');
  const [publication] = server.sfu.peer('room', 'camera').publications.values();
  const producerId = publication?.producer.id ?? '';
  const target = {
    roomId: 'room',
    peerId: 'camera',
    producerId,
    by: { kind: 'moderator', id: 'chair' },
  } as const;
  await server.sfu.muteProducer(target);
  expect(publication?.producer.paused).toBe(true);
  const resumed = new Promise<string>((resolve) => {
    server.sfu.events.on('producerResumed', (event) => resolve(event.producerId));
  });
  server.sfu.allowProducer(target);
  expect(await resumed).toBe(producerId);
  expect(publication?.producer.paused).toBe(false);
});
