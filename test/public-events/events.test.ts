import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { TestController } from '../controllers/support.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { apiKey, logLines, startServer, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

interface Told {
  id: string;
  type: string;
  roomId: string | null;
  sequence: number | null;
}

const eventsOf = (controller: TestController) => controller.client.named('event') as unknown as Told[];
const told = (controller: TestController, type: string) =>
  controller.client.waitFor('event', (event) => event.type === type) as unknown as Promise<Told>;
const subscribe = (controller: TestController, params: Record<string, unknown>) =>
  controller.client.ask('subscribe', params) as Promise<{ position: string; gap: boolean }>;

/** Something for the stream: the room notes that it changed. */
function change(server: Server, roomId: string): void {
  server.sfu.changeRoom({ roomId, changes: {}, by: { kind: 'api', id: 'test' } });
}

test('events come as they happen, of the wanted types and of one room', async () => {
  await using server = await startServer();
  const all = await TestController.connect(server);
  const some = await TestController.connect(server);
  expect(await subscribe(all, {})).toMatchObject({ gap: false });
  await subscribe(some, { types: ['peer_joined'], roomId: 'hall' });
  await all.ask('createEndpoint', { roomId: 'other', peerId: 'radio' });
  await all.ask('createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  await all.ask('closeEndpoint', { roomId: 'hall', peerId: 'telephone' });
  await told(all, 'peer_left');
  expect(eventsOf(all).map(({ type, roomId }) => [type, roomId])).toEqual([
    ['room_started', 'other'],
    ['peer_joined', 'other'],
    ['room_started', 'hall'],
    ['peer_joined', 'hall'],
    ['peer_left', 'hall'],
  ]);
  expect(
    eventsOf(all)
      .filter(({ roomId }) => roomId === 'hall')
      .map(({ sequence }) => sequence),
  ).toEqual([1, 2, 3]);
  await told(some, 'peer_joined');
  expect(eventsOf(some)).toMatchObject([{ type: 'peer_joined', roomId: 'hall' }]);
});

test('who lost the connection resumes after the last event and misses none', async () => {
  await using server = await startServer();
  const first = await TestController.connect(server);
  await subscribe(first, { types: ['room_changed'] });
  await server.sfu.createRoom({ roomId: 'hall' });
  change(server, 'hall');
  const { id: after } = await told(first, 'room_changed');
  await first.die();
  for (let count = 0; count < 5000; count += 1) change(server, 'hall');
  const second = await TestController.connect(server);
  expect(await subscribe(second, { after, types: ['room_changed'] })).toEqual({
    position: after,
    gap: false,
  });
  change(server, 'hall');
  await until(() => eventsOf(second).length === 5001);
  const numbers = eventsOf(second).map(({ sequence }) => sequence);
  expect(numbers).toEqual(Array.from({ length: 5001 }, (_, index) => index + 3));
});

test('a position that is forgotten or of another run is told as a gap, and the stream goes on from now', async () => {
  await using server = await startServer();
  const controller = await TestController.connect(server);
  const strange = await subscribe(controller, { after: '00000000-5' });
  expect(strange).toEqual({ position: server.programs.events.position, gap: true });
  await server.sfu.createRoom({ roomId: 'hall' });
  expect(await told(controller, 'room_started')).toMatchObject({ roomId: 'hall' });
  const { position } = (await controller.client.ask('unsubscribe', {})) as { position: string };
  const { length } = eventsOf(controller);
  for (let count = 0; count < 20_001; count += 1) change(server, 'hall');
  expect(await subscribe(controller, { after: position })).toMatchObject({ gap: true });
  expect(eventsOf(controller).length).toBe(length);
});

test('a controller that does not read is dropped alone, and the others miss nothing', async () => {
  await using server = await startServer({ TUREEN_CONTROLLER_GRACE_SECONDS: '0' });
  await server.sfu.createRoom({ roomId: 'hall' });
  const deaf = new RawSocket({ server, path: '/control?controllerId=deaf' });
  expect(await deaf.status).toBe(101);
  deaf.request(1, 'subscribe', {});
  deaf.request(2, 'createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  await until(() => server.programs.holdings.endpoints.size === 1);
  deaf.stopReading();
  const reading = await TestController.connect(server);
  await subscribe(reading, { types: ['room_changed'] });
  // So much that it fits nowhere on the way: from then on what happens waits where it is kept for all.
  const displayName = 'x'.repeat(4000);
  const who = { roomId: 'hall', peerId: 'telephone', sessionId: 's' };
  const renamed = { ...who, displayName, oldDisplayName: '', hidden: false };
  for (let count = 0; count < 12_000; count += 1) server.sfu.events.emit('peerRenamed', renamed);
  let sent = 0;
  while (server.programs.holdings.endpoints.size > 0) {
    for (let count = 0; count < 1000; count += 1) change(server, 'hall');
    sent += 1000;
    // The one that reads is given the time to do so.
    await until(() => eventsOf(reading).length === sent);
  }
  expect(sent).toBeGreaterThan(1000);
  expect(
    logLines.some((line) => line.includes('a controller was dropped') && line.includes('backpressure')),
  ).toBe(true);
  expect(await reading.codeOf('listSessions', {})).toBe('done');
  deaf.close();
});

test('events want the scope read', async () => {
  await using server = await startServer(withKeys);
  const controller = await TestController.connect(server, { token: await apiKey(['media']) });
  const refused = await subscribe(controller, {}).catch((error: { code?: string }) => error.code);
  expect(refused).toBe('forbidden' as never);
});
