import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { apiKey, startServer, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { TestController } from './support.ts';

setDefaultTimeout(60_000);

const grace = { TUREEN_CONTROLLER_GRACE_SECONDS: '30' };

function peersOf(server: Server, roomId: string): string[] {
  return [...(server.sfu.rooms.get(roomId)?.peers.keys() ?? [])].sort();
}

/** A controller has died, and the server has noticed. */
async function died(server: Server, controller: TestController, owner: string): Promise<void> {
  await controller.die();
  await until(() => server.programs.holdings.presence.isAwaited({ key: 'development', controllerId: owner }));
}

test('of two controllers one dies: its objects end after the grace, what it keeps and what is the other one’s stays', async () => {
  const clock = new TestClock();
  await using server = await startServer(grace, { clock });
  const dying = await TestController.connect(server, { id: 'dying' });
  const living = await TestController.connect(server, { id: 'living' });
  await dying.ask('createSession', { roomId: 'call' });
  await dying.ask('createEndpoint', { roomId: 'call', peerId: 'telephone' });
  await dying.ask('createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  await dying.ask('createEndpoint', { roomId: 'hall', peerId: 'recorder', keep: true });
  await living.ask('createEndpoint', { roomId: 'hall', peerId: 'radio' });
  await living.ask('createSession', { roomId: 'own' });
  await living.ask('createEndpoint', { roomId: 'own', peerId: 'line' });
  const { ports } = await withPorts(dying);
  expect(ports).toBeGreaterThan(0);
  await died(server, dying, 'dying');
  clock.advance(29_000);
  expect(peersOf(server, 'hall')).toEqual(['radio', 'recorder', 'telephone']);
  expect(peersOf(server, 'call')).toEqual(['telephone']);
  clock.advance(1000);
  expect(peersOf(server, 'hall')).toEqual(['radio', 'recorder']);
  expect(server.sfu.rooms.has('call')).toBe(false);
  expect(peersOf(server, 'own')).toEqual(['line']);
  const { items } = await living.ask('listEndpoints', { roomId: 'hall' });
  expect(items.map(({ id, owner }) => [id, owner.controllerId])).toEqual([
    ['radio', 'living'],
    ['recorder', 'dying'],
  ]);
});

async function withPorts(controller: TestController) {
  const { port } = await controller.ask('openPlainTransport', { roomId: 'hall', peerId: 'telephone' });
  return { ports: port };
}

test('a controller that comes back within the grace under its name goes on where it was', async () => {
  const clock = new TestClock();
  await using server = await startServer(grace, { clock });
  const first = await TestController.connect(server, { id: 'gateway' });
  await first.ask('createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  await died(server, first, 'gateway');
  clock.advance(29_000);
  const second = await TestController.connect(server, { id: 'gateway' });
  clock.advance(60_000);
  expect(peersOf(server, 'hall')).toEqual(['telephone']);
  await second.ask('closeEndpoint', { roomId: 'hall', peerId: 'telephone' });
  expect(peersOf(server, 'hall')).toEqual([]);
  expect(await second.client.waitFor('endpointClosed')).toMatchObject({
    peerId: 'telephone',
    reason: 'left',
  });
});

test('a controller that connects again while its former connection seems to live takes its place', async () => {
  const clock = new TestClock();
  await using server = await startServer(grace, { clock });
  const first = await TestController.connect(server, { id: 'gateway' });
  await first.ask('createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  const second = await TestController.connect(server, { id: 'gateway' });
  expect(await first.client.closed).toMatchObject({
    code: 4000,
    reason: expect.stringMatching(/^replaced: /),
  });
  clock.advance(60_000);
  expect(peersOf(server, 'hall')).toEqual(['telephone']);
  expect(await second.codeOf('closeEndpoint', { roomId: 'hall', peerId: 'telephone' })).toBe('done');
});

test('what is on its way when its controller goes for good does not stay', async () => {
  await using server = await startServer({ TUREEN_CONTROLLER_GRACE_SECONDS: '0' });
  for (let count = 0; count < 20; count += 1) {
    const controller = await TestController.connect(server, { id: 'hasty' });
    const roomId = `room ${count}`;
    controller.ask('createEndpoint', { roomId, peerId: 'telephone' }).catch(() => {});
    controller.ask('createSession', {}).catch(() => {});
    await controller.die();
  }
  const { holdings } = server.programs;
  await until(() => {
    const peers = server.sfu.snapshot().rooms.flatMap((room) => room.peers);
    return holdings.endpoints.size + holdings.sessions.size + peers.length === 0;
  });
});

test('the same name with another key is another controller', async () => {
  await using server = await startServer(withKeys);
  const one = await TestController.connect(server, {
    id: 'x',
    token: await apiKey(['read', 'media'], 'a'),
  });
  await one.ask('createEndpoint', { roomId: 'hall', peerId: 'telephone' });
  const other = await TestController.connect(server, {
    id: 'x',
    token: await apiKey(['read', 'media'], 'b'),
  });
  const ref = { roomId: 'hall', peerId: 'telephone' };
  expect(await other.codeOf('closeEndpoint', ref)).toBe('forbidden');
  expect(await one.codeOf('closeEndpoint', ref)).toBe('done');
});

test('only its owner changes an object, unless somebody takes it over, of which the former owner is told', async () => {
  await using server = await startServer();
  const owner = await TestController.connect(server, { id: 'owner' });
  const other = await TestController.connect(server, { id: 'other' });
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await owner.ask('createEndpoint', ref);
  await owner.ask('createSession', { roomId: 'call' });
  const { id: transportId } = await owner.ask('openPlainTransport', ref);
  expect(await other.codeOf('openPlainTransport', ref)).toBe('forbidden');
  expect(await other.codeOf('closeEndpointTransport', { ...ref, transportId })).toBe('forbidden');
  expect(await other.codeOf('closeSession', { roomId: 'call' })).toBe('forbidden');
  expect((await other.ask('getEndpoint', ref)).transports.map(({ id }) => id)).toEqual([transportId]);
  await other.ask('takeOverEndpoint', ref);
  await other.ask('takeOverSession', { roomId: 'call' });
  expect(await owner.client.waitFor('takenOver', ({ peerId }) => peerId === 'telephone')).toMatchObject({
    owner: { controllerId: 'other' },
  });
  expect(await owner.codeOf('closeEndpoint', ref)).toBe('forbidden');
  expect(await other.codeOf('closeEndpointTransport', { ...ref, transportId })).toBe('done');
  expect(await other.codeOf('closeSession', { roomId: 'call' })).toBe('done');
});

test('when a moderator removes an endpoint its controller is told, and all that it had is gone', async () => {
  await using server = await startServer();
  const controller = await TestController.connect(server);
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await controller.ask('createEndpoint', ref);
  await controller.ask('openPlainTransport', ref);
  const by = { kind: 'moderator', id: 'ann' } as const;
  void server.sfu.removePeer({ ...ref, reason: 'too loud', by });
  expect(await controller.client.waitFor('endpointClosed')).toMatchObject({
    reason: 'removed',
    detail: 'too loud',
  });
  expect(await controller.codeOf('getEndpoint', ref)).toBe('not_found');
  expect(server.programs.holdings.endpoints.size).toBe(0);
  expect(await controller.codeOf('createEndpoint', ref)).toBe('done');
});

test('an endpoint takes nobody’s place, and a client’s peer is no endpoint', async () => {
  await using server = await startServer();
  const controller = await TestController.connect(server);
  const ref = { roomId: 'hall', peerId: 'telephone' };
  await controller.ask('createEndpoint', ref);
  expect(await controller.codeOf('createEndpoint', ref)).toBe('wrong_state');
  expect(await controller.codeOf('createEndpoint', { ...ref, peerId: ' x' })).toBe('invalid_params');
  expect(await controller.codeOf('createSession', { roomId: 'hall' })).toBe('wrong_state');
  expect(await controller.codeOf('closeSession', { roomId: 'hall' })).toBe('not_found');
});

test('a session is for two unless told, and ends with its room', async () => {
  await using server = await startServer();
  const controller = await TestController.connect(server);
  const { id: roomId, rtpCapabilities } = await controller.ask('createSession', { codecs: ['PCMU'] });
  expect(rtpCapabilities.codecs?.map(({ mimeType }) => mimeType)).toEqual(['audio/PCMU']);
  expect(await controller.ask('getSession', { roomId })).toMatchObject({ id: roomId, keep: false });
  await controller.ask('createEndpoint', { roomId, peerId: 'one' });
  await controller.ask('createEndpoint', { roomId, peerId: 'two' });
  expect((await controller.ask('getSession', { roomId })).id).toBe(roomId);
  expect(await controller.codeOf('createEndpoint', { roomId, peerId: 'three' })).toBe('room_full');
  expect(await controller.codeOf('getSession', { roomId: 'elsewhere' })).toBe('not_found');
  server.sfu.closeRoom({ roomId, by: { kind: 'admin', id: 'ann' } });
  expect(await controller.client.waitFor('sessionClosed')).toEqual({ roomId, reason: 'closed' });
  expect((await controller.ask('listSessions', {})).items).toEqual([]);
});
