import { expect, setDefaultTimeout, test } from 'bun:test';
import { Commands } from '../../src/commands/commands.ts';
import { publicEventsOf } from '../../src/public-events/catalogue.ts';
import { peerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

setDefaultTimeout(60_000);

const by = { kind: 'api', id: 'backend' } as const;
const asker = { by, address: '192.0.2.9' };

test('creating and changing a room is in the audit log, and so is what was refused', async () => {
  await using server = await startServer();
  const commands = new Commands(server.sfu, server.store);
  const target = { roomId: 'lecture', ...asker };
  await commands.createRoom({ ...target, options: { maxPeers: 5 } });
  await commands.changeRoom({ ...target, changes: { maxPeers: 9 } });
  expect(server.sfu.room('lecture').options.maxPeers).toBe(9);
  const again = commands.createRoom({ ...target, options: {} });
  expect(
    await again.then(
      () => 'made',
      ({ code }) => code,
    ),
  ).toBe('wrong_state');
  const entries = server.store.audit.search({ limit: 10 });
  expect(entries.map(({ action, result, details }) => [action, result?.split(':')[0], details])).toEqual([
    ['room.create', 'failed', {}],
    ['room.change', 'done', { maxPeers: 9 }],
    ['room.create', 'done', { maxPeers: 5 }],
  ]);
});

test('a consumer that is paused, resumed and closed for a peer is told to it', async () => {
  await using world = await createWorld();
  const { server, alice, ids } = world;
  const commands = new Commands(server.sfu, server.store);
  const consumerId = ids.consumer ?? '';
  const target = { roomId: 'room', peerId: 'alice', consumerId, ...asker };
  const { consumer } = server.sfu.peer('room', 'alice').subscription(consumerId);
  // The consumer of a new publication is resumed once its client has it.
  await until(() => !consumer.paused, 'the start of the consumer');
  await commands.pauseConsumer(target);
  expect(consumer.paused).toBe(true);
  expect(await alice.waitFor('consumerPaused')).toEqual({ consumerId });
  await commands.resumeConsumer(target);
  expect(consumer.paused).toBe(false);
  expect(await alice.waitFor('consumerResumed')).toEqual({ consumerId });
  await commands.closeConsumer(target);
  expect(await alice.waitFor('consumerClosed')).toEqual({ consumerId, reason: 'moderator' });
  expect(server.store.audit.search({ limit: 3 }).map(({ action }) => action)).toEqual([
    'consumer.close',
    'consumer.resume',
    'consumer.pause',
  ]);
});

test('a producer that is closed for a peer is told to it', async () => {
  await using world = await createWorld();
  const { server, alice, ids } = world;
  const producerId = ids.producer ?? '';
  const commands = new Commands(server.sfu, server.store);
  await commands.closeProducer({ roomId: 'room', peerId: 'alice', producerId, ...asker });
  expect(await alice.waitFor('producerClosed')).toEqual({ producerId, reason: 'moderator' });
  expect(server.store.audit.search({ limit: 1 })).toMatchObject([
    { action: 'producer.close', details: { producerId, source: 'audio' }, result: 'done' },
  ]);
});

test('all that one peer sends is muted and allowed again, or one source of it', async () => {
  await using world = await createWorld();
  const { server } = world;
  const commands = new Commands(server.sfu, server.store);
  const held = () =>
    [...server.sfu.peer('room', 'bob').publications.values()].filter(({ pausedBy }) =>
      pausedBy.has('moderator'),
    );
  const bob = { roomId: 'room', peerId: 'bob', ...asker };
  expect(await commands.muteAll({ ...bob, source: 'audio' })).toBe(1);
  expect(held().map(({ info }) => info.source)).toEqual(['audio']);
  expect(await commands.muteAll(bob)).toBe(1);
  expect(held().length).toBe(2);
  expect(await commands.allowAll({ ...bob, source: 'video' })).toBe(1);
  expect(await commands.allowAll(bob)).toBe(1);
  expect(held()).toEqual([]);
  // Nobody else was touched.
  expect(
    [...server.sfu.peer('room', 'alice').publications.values()].every(({ producer }) => !producer.paused),
  ).toBe(true);
});

test('the metadata of a peer begins with its token and is what a program sets', async () => {
  await using world = await createWorld();
  const { server } = world;
  const told: unknown[] = [];
  server.sfu.events.on('peerMetadataChanged', (data) =>
    told.push(publicEventsOf('peerMetadataChanged', data)),
  );
  const commands = new Commands(server.sfu, server.store);
  await commands.setPeerMetadata({ roomId: 'room', peerId: 'bob', metadata: { seat: 7 }, ...asker });
  expect(peerSnapshot(server.sfu.peer('room', 'bob')).metadata).toEqual({ seat: 7 });
  const { sessionId } = server.sfu.peer('room', 'bob');
  const data = { roomId: 'room', peerId: 'bob', sessionId, metadata: { seat: 7 }, by };
  expect(told).toEqual([[['peer_metadata_changed', data]]]);
});

test('a ban by an order is answered with what was written', async () => {
  await using world = await createWorld();
  const { server } = world;
  const commands = new Commands(server.sfu, server.store);
  const order = { scope: 'room', kinds: ['identity', 'address'], milliseconds: 60_000 } as const;
  const { bans } = await commands.removePeer({ roomId: 'room', peerId: 'bob', ...asker }, order);
  expect(bans.map(({ kind, value, roomId }) => [kind, value, roomId])).toEqual([
    ['identity', 'bob', 'room'],
    ['address', '127.0.0.1', 'room'],
  ]);
  expect(bans.map(({ id }) => server.store.bans.get(id))).toEqual([...bans]);
});
