import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOver } from '../../admin/panels/removal.ts';
import type { Server } from '../../src/app/server.ts';
import { Commands } from '../../src/commands/commands.ts';
import { systemClock } from '../../src/core/clock.ts';
import { admittance } from '../support/admittance.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, createWorld, enter, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
const asker = { by, address: '192.0.2.9', reason: 'rude' };
const commandsOf = ({ sfu, store }: Server, now?: () => number) => new Commands(sfu, store, now);

const entry = (server: Server, peerId: string, token: string, roomId = 'room') =>
  admittance({ server, roomId, peerId, token });

test('a removal is complete when it is answered: socket, transports and consumers are gone', async () => {
  // The clock stands still, so that it cannot be a time limit that ends the wait.
  await using world = await createWorld({ clock: new TestClock(Date.now()) });
  const { server, bob, alice } = world;
  const room = server.sfu.room('room');
  const peer = server.sfu.peer('room', 'bob');
  expect([...server.sfu.peer('room', 'alice').subscriptions.values()].length).toBeGreaterThan(0);
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker });
  expect(peer.transports.size).toBe(0);
  expect([...room.peers.values()].flatMap(({ subscriptions }) => [...subscriptions.values()])).toEqual([]);
  expect(await bob.closed).toEqual({ code: 4000, reason: 'removed: a moderator removed you: rude' });
  expect((await alice.waitFor('peerLeft')).reason).toBe('removed');
  expect(server.store.audit.search({ limit: 1 })).toMatchObject([
    {
      by,
      address: '192.0.2.9',
      action: 'peer.remove',
      roomId: 'room',
      peerId: 'bob',
      reason: 'rude',
      result: 'done',
    },
  ]);
});

test('a removal that leaves something behind says what, and is not told as complete', async () => {
  await using world = await createWorld();
  const { server } = world;
  const { traces } = server.sfu.peer('room', 'bob');
  const left = await traces.whenGone({ clock: systemClock, timeoutMs: 50 });
  expect(left).toEqual(['socket', 'transports', 'consumers']);
  expect(leftOver([{ remains: left, bans: [] }])).toContain('socket, transports, consumers');
  expect(leftOver([])).toBe('');
});

test('the token of a removed peer is void, and one that is issued later is good', async () => {
  await using server = await startServer(withKeys);
  const token = await tokenFor('room', 'bob');
  await enter({ server, peerId: 'bob', token });
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker });
  expect(await entry(server, 'bob', token)).toBe('removed');
  expect(await entry(server, 'bob', await tokenFor('room', 'bob', { now: Date.now() - 60_000 }))).toBe(
    'removed',
  );
  expect(await entry(server, 'bob', await tokenFor('room', 'bob', { now: Date.now() + 2000 }))).toBe('in');
  expect(await entry(server, 'bob', await tokenFor('other', 'bob'), 'other')).toBe('in');
});

test('in development mode, where there are no tokens, a removed peer may come back and a banned one may not', async () => {
  await using server = await startServer();
  await enter({ server, peerId: 'bob' });
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker });
  await enter({ server, peerId: 'bob' });
  const ban = { scope: 'room', kinds: ['identity'], milliseconds: null } as const;
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker }, ban);
  const client = await SignalingClient.connect({ server, peerId: 'bob' });
  expect((await client.closed).reason).toMatch(/^banned: you are banned from this room \(rude\)/);
});

test('a ban keeps out whom it recognises: the identity, the token, or whoever comes from the address', async () => {
  await using server = await startServer(withKeys);
  const commands = commandsOf(server);
  const later = { now: Date.now() + 5000 };
  await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  const ban = { scope: 'server', kinds: ['identity'], milliseconds: 3_600_000 } as const;
  await commands.removePeer({ roomId: 'room', peerId: 'bob', ...asker }, ban);
  expect(await entry(server, 'bob', await tokenFor('other', 'bob', later), 'other')).toBe('banned');
  expect(await entry(server, 'carol', await tokenFor('room', 'carol', later))).toBe('in');

  const everyone = {
    kind: 'address',
    value: '127.0.0.1',
    roomId: 'room',
    reason: '',
    by,
    expiresAt: null,
  } as const;
  await enter({ server, peerId: 'dave', token: await tokenFor('room', 'dave') });
  await commands.ban(everyone, asker);
  expect(server.sfu.room('room').peers.size).toBe(0);
  expect(await entry(server, 'carol', await tokenFor('room', 'carol', later))).toBe('banned');
  expect(await entry(server, 'carol', await tokenFor('other', 'carol', later), 'other')).toBe('in');

  const [holding] = server.store.bans.list({ limit: 1 });
  await commands.liftBan(holding?.id ?? '', asker);
  expect(await entry(server, 'carol', await tokenFor('room', 'carol', later))).toBe('in');
  await expect(commands.liftBan(holding?.id ?? '', asker)).rejects.toThrow(/no ban [0-9a-f-]{36} in force/);
  expect(server.store.audit.search({ limit: 1 })[0]?.result).toMatch(/^failed: not_found/);
});

test('a ban for the whole server puts its peer out of every room', async () => {
  await using server = await startServer(withKeys);
  const one = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  const other = await enter({ server, roomId: 'b', peerId: 'bob', token: await tokenFor('b', 'bob') });
  const ban = { scope: 'server', kinds: ['identity', 'token'], milliseconds: null } as const;
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker }, ban);
  expect((await one.client.closed).reason).toMatch(/^removed: you were banned/);
  expect((await other.client.closed).reason).toMatch(/^removed: you were banned/);
});

test('bans and void tokens hold after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-moderation-'));
  const environment = { ...withKeys, TUREEN_DATA_DIR: folder };
  const tokens = { bob: await tokenFor('room', 'bob'), eve: await tokenFor('room', 'eve') };
  {
    await using server = await startServer(environment);
    await enter({ server, peerId: 'bob', token: tokens.bob });
    await enter({ server, peerId: 'eve', token: tokens.eve });
    const commands = commandsOf(server);
    await commands.removePeer({ roomId: 'room', peerId: 'bob', ...asker });
    await commands.removePeer(
      { roomId: 'room', peerId: 'eve', ...asker },
      { scope: 'room', kinds: ['token'], milliseconds: null },
    );
  }
  await using server = await startServer(environment);
  expect(await entry(server, 'bob', tokens.bob)).toBe('removed');
  expect(await entry(server, 'eve', tokens.eve)).toBe('banned');
  expect(server.store.audit.search({ limit: 10 }).map(({ action }) => action)).toEqual([
    'peer.ban',
    'peer.remove',
  ]);
  await rm(folder, { recursive: true });
});

test('mute all mutes what is of the source and not of a moderator, and says how many', async () => {
  await using server = await startServer(withKeys);
  const grants = { moderate: true };
  const mona = await enter({ server, peerId: 'mona', token: await tokenFor('room', 'mona', { grants }) });
  const bob = await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  await mona.client.request('produce', audioTrack(mona.sendTransport, 1000));
  await bob.client.request('produce', audioTrack(bob.sendTransport, 2000));
  await bob.client.request('produce', videoTrack(bob.sendTransport, 3000));
  expect(await commandsOf(server).muteAll({ roomId: 'room', source: 'audio', ...asker })).toBe(1);
  const held = server.sfu.room('room').publications.filter(({ info }) => info.pausedBy.has('moderator'));
  expect(held.map(({ info }) => [info.peerId, info.source])).toEqual([['bob', 'audio']]);
  expect((await bob.client.waitFor('producerPaused')).reason).toBe('admin');
});

test('a moderator in the call removes, mutes and locks by the same commands and into the same log', async () => {
  await using world = await createWorld({ grants: { moderate: true } });
  const { server, alice, bob, ids } = world;
  await alice.ask('muteProducer', { peerId: 'bob', producerId: ids.remoteProducer });
  expect((await bob.waitFor('producerPaused')).reason).toBe('moderator');
  await alice.ask('allowProducer', { peerId: 'bob', producerId: ids.remoteProducer });
  await bob.waitFor('producerResumed');
  await alice.ask('lockRoom', { locked: true });
  await bob.waitFor('roomLocked');
  expect(await entry(server, 'carol', await tokenFor('room', 'carol'))).toBe('room_locked');
  await alice.ask('removePeer', { peerId: 'bob', reason: 'spam' });
  expect((await bob.closed).reason).toBe('removed: a moderator removed you: spam');
  const told = server.store.audit
    .search({ limit: 10 })
    .map(({ action, by: { kind, id } }) => [action, kind, id]);
  expect(told).toEqual(
    ['peer.remove', 'room.lock', 'producer.allow', 'producer.mute'].map((action) => [
      action,
      'moderator',
      'alice',
    ]),
  );
});

test('what is asked of a peer that has left is refused, and nothing is made void', async () => {
  await using server = await startServer(withKeys);
  await enter({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  const gone = commandsOf(server).removePeer({ roomId: 'room', peerId: 'carol', ...asker });
  await expect(gone).rejects.toThrow(/there is no peer "carol"/);
  expect(await entry(server, 'carol', await tokenFor('room', 'carol'))).toBe('in');
});

test('the audit log keeps the name that somebody had, which nobody can look up afterwards', async () => {
  await using world = await createWorld();
  const { server, bob } = world;
  await bob.ask('changeDisplayName', { displayName: 'Bob the Builder' });
  await commandsOf(server).notice({ roomId: 'room', peerId: 'bob', message: 'hush', ...asker });
  await commandsOf(server).removePeer({ roomId: 'room', peerId: 'bob', ...asker });
  await commandsOf(server).notice({ roomId: 'room', message: 'to all', ...asker });
  const told = server.store.audit.search({ limit: 3 }).map(({ action, details }) => [action, details]);
  expect(told).toEqual([
    ['notice', { message: 'to all' }],
    ['peer.remove', { name: 'Bob the Builder' }],
    ['notice', { message: 'hush', name: 'Bob the Builder' }],
  ]);
});
