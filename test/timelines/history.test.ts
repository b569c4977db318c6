import { expect, test } from 'bun:test';
import type { PublicEvent } from '../../src/public-events/stream.ts';
import { Caller } from '../rest/support.ts';
import { TestClock } from '../support/clock.ts';
import { apiKey, socketUrl, startServer, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enterInVain } from './support.ts';

test('a call that failed is told to programs, and can be looked up afterwards by REST', async () => {
  await using server = await startServer(withKeys);
  const told: PublicEvent[] = [];
  server.programs.events.subscribe((event) => void told.push(event));
  const client = await enterInVain({ server, peerId: 'carol', token: await tokenFor('room', 'carol') });
  await client.request('closeProducer', { producerId: 'nothing' }).catch(() => {});
  const api = new Caller(server, await apiKey(['read']));
  const path = '/rooms/room/peers/carol/course';
  const now = await api.get(path);
  expect(now.json).toMatchObject({ outcome: 'unused', end: null, address: '127.0.0.1' });
  client.socket.close();
  await until(() => told.some(({ type }) => type === 'peer_left'), 'the end of carol');
  const course = {
    ...{ outcome: 'unreachable', toMedia: null, address: '127.0.0.1' },
    refused: [{ method: 'closeProducer', code: 'not_found', count: 1 }],
    end: { reason: 'disconnected', by: { kind: 'server' } },
  };
  const failed = told.find(({ type }) => type === 'peer_media_failed');
  expect(failed).toMatchObject({ roomId: 'room', data: { peerId: 'carol', course } });
  const later = await api.get(path);
  expect(later.json).toMatchObject(course);
  const { json } = await api.get('/timeline?peer=carol&bad=true');
  expect(json).toMatchObject({
    items: [
      {
        event: 'peerLeft',
        text: expect.stringContaining('nothing of it arrived at the media port'),
        roomId: 'room',
        sessionId: failed?.data.sessionId,
        course,
      },
    ],
    nextCursor: null,
  });
  const nobody = await api.get('/rooms/room/peers/nobody/course');
  expect([nobody.status, nobody.json?.code]).toEqual([404, 'not_found']);
});

test('a refused connection is kept with what its client was told, and a flood of them leaves room for others', async () => {
  await using server = await startServer(withKeys, { clock: new TestClock() });
  for (let count = 0; count < 20; count += 1) {
    const socket = new WebSocket(socketUrl({ server, peerId: 'mallory' }), 'protoo');
    await new Promise((resolve) => socket.addEventListener('close', resolve));
  }
  const refused = server.store.timelines.search({ address: '127.0.0.1', limit: 100 });
  expect(refused[0]).toMatchObject({
    event: 'connectionRefused',
    text: 'a connection of mallory was refused: unauthorized: a token is needed; ask the application that invited you',
    roomId: 'room',
    peerId: 'mallory',
  });
  expect(refused).toHaveLength(5);
});
