import { expect, setDefaultTimeout, test } from 'bun:test';
import type { SfuEvents } from '../../src/sfu/events.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { audioTrack, createWorld, enter, videoTrack, type World } from '../support/world.ts';

setDefaultTimeout(60_000);

const admin = { kind: 'admin', id: 'ada' } as const;

function eventsOf<N extends keyof SfuEvents>(world: Pick<World, 'server'>, name: N): SfuEvents[N][] {
  const events: SfuEvents[N][] = [];
  world.server.sfu.events.on(name, (event) => void events.push(event));
  return events;
}

test('a late joiner gets the peers that are there and what they publish', async () => {
  await using world = await createWorld();
  const carol = await SignalingClient.connect({
    server: world.server,
    peerId: 'carol',
    token: await tokenFor('room', 'carol'),
  });
  const { peers } = await carol.request('join', { displayName: 'Carol' });
  expect(peers.map(({ id }) => id).sort()).toEqual(['alice', 'bob']);
  const bob = peers.find(({ id }) => id === 'bob');
  expect(bob?.producers.map(({ kind, source, paused }) => ({ kind, source, paused }))).toEqual([
    { kind: 'audio', source: 'audio', paused: false },
    { kind: 'video', source: 'video', paused: false },
  ]);
  expect(await world.alice.waitFor('newPeer')).toMatchObject({ id: 'carol', displayName: 'Carol' });
});

test('the same identity again replaces the older connection, which is told why', async () => {
  await using world = await createWorld();
  const again = await enter({
    server: world.server,
    peerId: 'alice',
    token: await tokenFor('room', 'alice'),
  });
  const { code, reason } = await world.alice.closed;
  expect(code).toBe(4000);
  expect(reason).toStartWith('replaced: ');
  expect(world.server.sfu.room('room').peers.size).toBe(2);
  expect(await again.client.request('getRtcStatsUrl', {})).toEqual({});
});

test('a room ends when it has been empty for the configured time, and not before', async () => {
  const clock = new TestClock();
  await using server = await startServer({ TUREEN_EMPTY_ROOM_SECONDS: '30' }, { clock });
  const { client } = await enter({ server, peerId: 'alice' });
  await client.close();
  await until(() => server.sfu.room('room').peers.size === 0);
  clock.advance(29_999);
  expect(server.sfu.rooms.has('room')).toBe(true);
  clock.advance(1);
  expect(server.sfu.rooms.has('room')).toBe(false);
});

test('a socket that never joins is closed with what to do', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const client = await SignalingClient.connect({ server });
  await client.waitFor('mediasoupVersion');
  clock.advance(60_000);
  const { code, reason } = await client.closed;
  expect({ code, reason }).toMatchObject({ code: 4000, reason: expect.stringContaining('join_timeout: ') });
});

test('a room takes as many peers as it may have', async () => {
  await using server = await startServer({ TUREEN_MAX_PEERS_PER_ROOM: '2' });
  await enter({ server, peerId: 'alice' });
  await enter({ server, peerId: 'bob' });
  const carol = await SignalingClient.connect({ server, peerId: 'carol' });
  expect((await carol.closed).reason).toStartWith('room_full: the room has 2 peers');
});

test('a locked room lets nobody new in, but back in who was there', async () => {
  await using world = await createWorld();
  world.server.sfu.setRoomLocked({ roomId: 'room', locked: true, by: admin });
  expect(await world.alice.waitFor('roomLocked')).toEqual({ locked: true });
  const token = await tokenFor('room', 'carol');
  const carol = await SignalingClient.connect({ server: world.server, peerId: 'carol', token });
  expect((await carol.closed).reason).toStartWith('room_locked: ');
  const bob = await enter({ server: world.server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  expect(bob.client.socket.readyState).toBe(WebSocket.OPEN);
  const moderator = await tokenFor('room', 'mona', { grants: { moderate: true } });
  const mona = await enter({ server: world.server, peerId: 'mona', token: moderator });
  expect(mona.client.socket.readyState).toBe(WebSocket.OPEN);
});

test('pausing travels to the receivers, and back when it ends', async () => {
  await using world = await createWorld();
  await world.bob.request('pauseProducer', { producerId: world.ids.remoteVideo ?? '' });
  expect(await world.alice.waitFor('consumerPaused')).toEqual({ consumerId: world.ids.consumer });
  await world.bob.request('resumeProducer', { producerId: world.ids.remoteVideo ?? '' });
  expect(await world.alice.waitFor('consumerResumed')).toEqual({ consumerId: world.ids.consumer });
});

test('a closed producer closes its consumers with the cause', async () => {
  await using world = await createWorld();
  await world.bob.request('closeProducer', { producerId: world.ids.remoteVideo ?? '' });
  const closed = await world.alice.waitFor('consumerClosed');
  expect(closed).toEqual({ consumerId: world.ids.consumer, reason: 'producer_closed' });
  expect(world.bob.named('producerClosed')).toEqual([]);
});

test('a removed peer is gone for everyone at once, with the reason', async () => {
  await using world = await createWorld();
  const left = eventsOf(world, 'peerLeft');
  void world.server.sfu.removePeer({ roomId: 'room', peerId: 'bob', reason: 'be kind', by: admin });
  expect(await world.bob.closed).toEqual({ code: 4000, reason: 'removed: be kind' });
  expect(await world.alice.waitFor('peerClosed')).toEqual({ peerId: 'bob', reason: 'removed' });
  expect(await world.alice.waitFor('peerLeft')).toEqual({ peerId: 'bob', reason: 'removed' });
  await world.alice.waitFor('consumerClosed', ({ consumerId }) => consumerId === world.ids.consumer);
  await until(() => world.server.sfu.peer('room', 'alice').subscriptions.size === 0);
  expect(left).toMatchObject([
    { peerId: 'bob', reason: 'removed', detail: 'be kind', by: admin, joined: true },
  ]);
});

test('what a moderator mutes stays muted until the moderator allows it and the peer resumes it', async () => {
  await using world = await createWorld();
  const target = { roomId: 'room', peerId: 'alice', producerId: world.ids.producer ?? '', by: admin };
  await world.server.sfu.muteProducer(target);
  expect(await world.alice.waitFor('producerPaused')).toEqual({
    producerId: target.producerId,
    reason: 'admin',
  });
  const resume = () => world.alice.request('resumeProducer', { producerId: target.producerId });
  await expect(resume()).rejects.toThrow('forbidden: a moderator muted this');
  world.server.sfu.allowProducer(target);
  expect(await world.alice.waitFor('producerResumed')).toEqual({
    producerId: target.producerId,
    reason: 'admin',
  });
  const producer = () => world.server.sfu.peer('room', 'alice').publication(target.producerId).producer;
  expect(producer().paused).toBe(true);
  await resume();
  expect(producer().paused).toBe(false);
});

test('a peer that may not publish any more loses what it may not, and keeps the rest', async () => {
  await using world = await createWorld();
  world.server.sfu.setPublish({ roomId: 'room', peerId: 'bob', publish: ['audio', 'data'], by: admin });
  const closed = await world.bob.waitFor('producerClosed');
  expect(closed).toEqual({ producerId: world.ids.remoteVideo, reason: 'not_allowed' });
  expect(await world.bob.waitFor('permissionsChanged')).toEqual({ publish: ['audio', 'data'] });
  const bob = world.server.sfu.peer('room', 'bob');
  expect([...bob.publications.values()].map(({ info }) => info.source)).toEqual(['audio']);
  expect(bob.dataPublications.size).toBe(1);
  const transport = [...bob.transports.values()].find(({ producing }) => producing)?.transport.id ?? '';
  await expect(world.bob.request('produce', videoTrack(transport, 9000))).rejects.toThrow('forbidden: ');
});

test('a notice reaches the room, or one peer only', async () => {
  await using world = await createWorld();
  world.server.sfu.notice({ roomId: 'room', message: 'five minutes left', by: admin });
  expect(await world.alice.waitFor('notice')).toEqual({ message: 'five minutes left' });
  expect(await world.bob.waitFor('notice')).toEqual({ message: 'five minutes left' });
  world.server.sfu.notice({ roomId: 'room', peerId: 'bob', message: 'please mute', by: admin });
  await world.bob.waitFor('notice', ({ message }) => message === 'please mute');
  expect(world.alice.named('notice')).toHaveLength(1);
});

test('a closed room tells everyone and closes their sockets', async () => {
  await using world = await createWorld();
  world.server.sfu.closeRoom({ roomId: 'room', by: admin });
  expect(await world.alice.waitFor('roomClosed')).toEqual({ reason: 'room_closed' });
  expect((await world.alice.closed).code).toBe(4000);
  expect((await world.bob.closed).reason).toStartWith('room_closed: ');
  expect(world.server.sfu.rooms.size).toBe(0);
});

test('a room moves to another worker while its sockets stay', async () => {
  await using world = await createWorld({ environment: { TUREEN_WORKERS: '2' } });
  const before = world.server.sfu.snapshot().rooms[0]?.workers[0] ?? -1;
  world.server.sfu.moveRoom({ roomId: 'room', workerIndex: 1 - before });
  for (const client of [world.alice, world.bob]) {
    expect(await client.waitFor('rejoin')).toEqual({ reason: 'moved' });
    await client.request('createWebRtcTransport', { producing: true });
    await client.request('join', { displayName: 'again' });
  }
  expect(world.server.sfu.snapshot().rooms[0]?.workers).toEqual([1 - before]);
});

test('a worker that dies is replaced, and its peers rejoin on their living sockets', async () => {
  await using world = await createWorld();
  killWorker(world.server);
  expect(await world.alice.waitFor('rejoin')).toEqual({ reason: 'worker_died' });
  expect(world.alice.named('transportClosed')).toHaveLength(2);
  const { id } = await world.alice.request('createWebRtcTransport', { producing: true });
  await world.alice.request('join', { displayName: 'Alice' });
  await world.alice.request('produce', audioTrack(id, 77));
  expect(world.server.sfu.snapshot().workers[0]).toMatchObject({ deaths: 1, producers: 1 });
  expect(world.server.sfu.unreadyReasons()).toEqual([]);
});

test('the room that gave its transport up for lost ICE is told to the client', async () => {
  const clock = new TestClock();
  await using server = await startServer({ TUREEN_ICE_FAILURE_SECONDS: '15' }, { clock });
  const { client, sendTransport } = await enter({ server, peerId: 'alice' });
  const { transport } = server.sfu.peer('room', 'alice').webRtcTransport(sendTransport);
  transport.emit('icestatechange', 'disconnected');
  clock.advance(14_999);
  expect(transport.closed).toBe(false);
  clock.advance(1);
  expect(await client.waitFor('transportClosed')).toEqual({
    transportId: sendTransport,
    reason: 'ice_failed',
  });
});

test('the snapshot shows all that is there, as plain data', async () => {
  await using world = await createWorld();
  const snapshot = world.server.sfu.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot as never);
  const alice = snapshot.rooms[0]?.peers.find(({ id }) => id === 'alice');
  expect(alice).toMatchObject({ state: 'joined', displayName: 'alice', address: '127.0.0.1', worker: 0 });
  expect(alice?.transports).toHaveLength(2);
  expect(alice?.producers).toMatchObject([{ kind: 'audio', source: 'audio', codec: 'opus', paused: false }]);
  expect(alice?.consumers.map(({ codec }) => codec).sort()).toEqual(['opus', 'vp8']);
  expect(alice?.dataConsumers).toMatchObject([{ label: 'chat' }]);
});

test('names are bounded, and stripped of what could fake or break', async () => {
  await using server = await startServer();
  const { client } = await enter({ server, peerId: 'bob' });
  const alice = await SignalingClient.connect({ server });
  await alice.request('join', {
    displayName: ` A\u0000\u202elice\n${'x'.repeat(200)}`,
    device: { name: '\u0007Chrome' },
  });
  const { displayName, device } = await client.waitFor('newPeer');
  expect(displayName).toBe(`A lice ${'x'.repeat(57)}`);
  expect(device).toEqual({ name: 'Chrome' });
});

test('a peer who receives by choice is told what there is and takes what it wants', async () => {
  await using server = await startServer(withKeys);
  const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  const token = await tokenFor('room', 'alice');
  const alice = await enter({ server, peerId: 'alice', token, join: { autoSubscribe: false } });
  const { id } = await bob.client.request('produce', videoTrack(bob.sendTransport, 1));
  expect(await alice.client.waitFor('newProducer')).toMatchObject({
    peerId: 'bob',
    producerId: id,
    source: 'video',
  });
  const consumer = await alice.client.request('consume', { producerId: id });
  expect(consumer).toMatchObject({ producerId: id, peerId: 'bob', type: 'simulcast' });
  await alice.client.request('closeConsumer', { consumerId: consumer.id });
  await alice.client.request('consume', { producerId: id, paused: true });
  await bob.client.request('closeProducer', { producerId: id });
  expect(await alice.client.waitFor('producerGone')).toEqual({ peerId: 'bob', producerId: id });
  expect(alice.client.named('newConsumer')).toEqual([]);
});

test('a consumer that the client refuses is closed', async () => {
  await using server = await startServer();
  const bob = await enter({ server, peerId: 'bob' });
  await enter({ server, peerId: 'alice', accept: false });
  const closed: SfuEvents['consumerClosed'][] = [];
  server.sfu.events.on('consumerClosed', (event) => void closed.push(event));
  await bob.client.request('produce', videoTrack(bob.sendTransport, 1));
  await until(() => closed.length === 1, 'the closing of a refused consumer');
  expect(closed[0]).toMatchObject({ peerId: 'alice', reason: 'rejected' });
});
