import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { SfuError } from '../../src/core/errors.ts';
import type { Source } from '../../src/core/sources.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { type Refused, SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
let mesh: BusMesh;
let rooms = 0;

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b', 'c'], withKeys);
});
afterAll(() => mesh[Symbol.asyncDispose]());

/** A room of its own for each test. */
function newRoom(): string {
  rooms += 1;
  return `room ${rooms}`;
}

async function join(node: string, roomId: string, peerId: string, moderate = false, publish?: Source[]) {
  const token = await tokenFor(roomId, peerId, { grants: { moderate, ...(publish && { publish }) } });
  return { token, ...(await enter({ server: mesh.server(node), roomId, peerId, token })) };
}

const sees = (node: string, roomId: string, peerId: string) =>
  until(() => mesh.server(node).sfu.mesh.find(roomId, peerId)?.node !== undefined, `${peerId} on ${node}`);

/** What became of a try to enter. */
async function tries(server: Server, roomId: string, peerId: string, token: string): Promise<string> {
  const client = await SignalingClient.connect({ server, roomId, peerId, token });
  const refused = client.closed.then(({ reason }) => reason.split(':')[0] ?? '');
  const entered = client.request('getRouterRtpCapabilities', {}).then(
    () => 'in',
    () => refused,
  );
  return await Promise.race([entered, refused]);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'done',
    (error: SfuError) => error.reason,
  );
}

const auditOf = (node: string, roomId: string) => mesh.server(node).store.audit.search({ roomId, limit: 10 });

test('a peer is removed from a node that does not even have the room, and it is in the audit log of its own', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const target = { roomId, peerId: 'alice', by, address: '192.0.2.9', reason: 'rude' };
  const removal = await mesh.server('c').commands.removePeer(target);
  expect(removal.remains).toEqual([]);
  expect((await alice.client.closed).reason).toStartWith('removed: a moderator removed you: rude');
  const [entry] = auditOf('a', roomId);
  expect(entry).toMatchObject({
    action: 'peer.remove',
    by,
    address: '192.0.2.9',
    reason: 'rude',
    result: 'done',
  });
  expect(entry?.details).toMatchObject({ askedOn: 'c' });
  expect(auditOf('c', roomId)).toEqual([]);
});

test('a removal ends what the same person has on every node', async () => {
  const roomId = newRoom();
  const token = await tokenFor(roomId, 'bob');
  const first = await enter({ server: mesh.server('a'), roomId, peerId: 'bob', token });
  const moderator = await join('c', roomId, 'carol', true);
  await sees('c', roomId, 'bob');
  const { sfu } = mesh.server('b');
  // The player of the same person, on another node: another peer of one subject.
  const closed = Promise.withResolvers<string>();
  const link = { reconnects: false, close: closed.resolve, gone: closed.promise } as never;
  const identity = { ...mesh.server('a').sfu.peer(roomId, 'bob').identity, peerId: 'player' };
  await sfu.enter(identity, link);
  await sees('a', roomId, 'player');
  expect(await moderator.client.request('removePeer', { peerId: 'bob' })).toEqual({});
  expect((await first.client.closed).reason).toStartWith('removed:');
  expect(await closed.promise).toBe('removed');
  expect(sfu.mesh.find(roomId, 'bob')).toBeUndefined();
});

test('a mute from the third node holds when its subject comes again on another one', async () => {
  const roomId = newRoom();
  const bob = await join('a', roomId, 'bob');
  const { id: producerId } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const carol = await join('c', roomId, 'carol', true);
  await sees('c', roomId, 'bob');
  expect(await carol.client.request('muteProducer', { peerId: 'bob', producerId })).toEqual({});
  await bob.client.waitFor('producerPaused', (data) => data.producerId === producerId);
  await expect(bob.client.request('resumeProducer', { producerId })).rejects.toThrow('forbidden');
  await bob.client.close();
  // Node b opens the room only now, and learns with it what was decided before.
  const again = await enter({ server: mesh.server('b'), roomId, peerId: 'bob', token: bob.token });
  const { id } = await again.client.request('produce', audioTrack(again.sendTransport, 2000));
  await again.client.waitFor('producerPaused', (data) => data.producerId === id);
  await expect(again.client.request('resumeProducer', { producerId: id })).rejects.toThrow('forbidden');
  await sees('c', roomId, 'bob');
  await until(() => mesh.server('c').sfu.mesh.find(roomId, 'bob') !== undefined);
  await mesh.server('a').commands.allowProducer({ roomId, peerId: 'bob', producerId: id, by });
  await again.client.request('resumeProducer', { producerId: id });
});

test('a room that is locked on one node is locked on all, also on one that opens it later', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const bob = await join('b', roomId, 'bob');
  await mesh.server('c').commands.setRoomLocked({ roomId, locked: true, by });
  await Promise.all(
    [alice, bob].map(({ client }) => client.waitFor('roomLocked', ({ locked }) => locked === true)),
  );
  for (const node of ['a', 'b', 'c']) {
    const token = await tokenFor(roomId, 'dave');
    expect(await tries(mesh.server(node), roomId, 'dave', token)).toBe('room_locked');
  }
  const locks = ['a', 'b', 'c'].flatMap((node) => auditOf(node, roomId));
  expect(locks.map(({ action, result }) => [action, result])).toEqual([['room.lock', 'done']]);
});

test('limits and options of a room hold on a node that opens it later', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  const { commands } = mesh.server('b');
  await commands.capBitrate({ roomId, bitrate: 300_000, by });
  await commands.changeRoom({ roomId, changes: { maxPeers: 2, metadata: { course: 'physics' } }, by });
  await join('c', roomId, 'carol');
  const { bitrateCap, options } = mesh.server('c').sfu.read.room(roomId);
  expect({ bitrateCap, options }).toEqual({
    bitrateCap: 300_000,
    options: { maxPeers: 2, metadata: { course: 'physics' } },
  });
  expect(await tries(mesh.server('b'), roomId, 'dave', await tokenFor(roomId, 'dave'))).toBe('room_full');
  await commands.changeRoom({ roomId, changes: { maxPeers: undefined }, by });
  expect(mesh.server('c').sfu.read.room(roomId).options.maxPeers).toBeUndefined();
});

test('what a peer may publish is set from another node, and holds on every one', async () => {
  const roomId = newRoom();
  const bob = await join('a', roomId, 'bob');
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  await join('c', roomId, 'carol');
  await mesh.server('b').commands.setPublish({ roomId, peerId: 'bob', publish: false, by });
  expect(mesh.server('a').sfu.read.producers(roomId)).toEqual([]);
  await bob.client.close();
  const again = await enter({ server: mesh.server('c'), roomId, peerId: 'bob', token: bob.token });
  const producing = again.client.request('produce', audioTrack(again.sendTransport, 2000));
  await expect(producing).rejects.toThrow('forbidden');
});

test('a moderator on another node gives a peer no more than its token grants', async () => {
  const roomId = newRoom();
  const bob = await join('a', roomId, 'bob', false, ['audio']);
  const carol = await join('c', roomId, 'carol', true);
  await sees('c', roomId, 'bob');
  const decide = async (publish: boolean | Source[]) => {
    expect(await carol.client.request('setPublish', { peerId: 'bob', publish })).toEqual({});
    return mesh.server('a').sfu.read.peer(roomId, 'bob').publish;
  };
  expect(await decide(false)).toBe(false);
  expect(await decide(true)).toEqual(['audio']);
  await bob.client.waitFor('permissionsChanged', ({ publish }) => Array.isArray(publish));
  const camera = bob.client
    .request('produce', videoTrack(bob.sendTransport, 1000))
    .then(String, ({ code }: Refused) => code);
  expect(await camera).toBe('forbidden');
  await bob.client.request('produce', audioTrack(bob.sendTransport, 2000));
  expect(await decide(['video', 'audio'])).toEqual(['audio']);
  expect(await decide(['video'])).toEqual([]);
  expect(await decide(true)).toEqual(['audio']);
  // A token with more of the same person counts for what it brings, on a node that opens the room only now.
  await bob.client.close();
  const again = await join('b', roomId, 'bob', false, ['audio', 'video']);
  await again.client.request('produce', videoTrack(again.sendTransport, 3000));
});

test('muting a room mutes it on every node, and counts all', async () => {
  const roomId = newRoom();
  const members = await Promise.all(['a', 'b'].map((node) => join(node, roomId, `peer on ${node}`)));
  for (const { client, sendTransport } of members)
    await client.request('produce', audioTrack(sendTransport, 1000));
  expect(await mesh.server('c').commands.muteAll({ roomId, by })).toBe(2);
  for (const { client } of members) await client.waitFor('producerPaused', () => true);
});

test('notices reach everybody, and a room is closed for everybody', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const bob = await join('b', roomId, 'bob');
  const { commands } = mesh.server('c');
  await commands.notice({ roomId, message: 'for all', by });
  await commands.notice({ roomId, peerId: 'bob', message: 'for bob', by });
  await alice.client.waitFor('notice', ({ message }) => message === 'for all');
  await bob.client.waitFor('notice', ({ message }) => message === 'for bob');
  await commands.closeRoom({ roomId, by });
  for (const { client } of [alice, bob]) expect((await client.closed).reason).toStartWith('room_closed');
  expect(await codeOf(commands.closeRoom({ roomId, by }))).toStartWith('not_found');
});

test('what is nowhere is not found, without a line in any audit log', async () => {
  const roomId = newRoom();
  await join('a', roomId, 'alice');
  const { commands } = mesh.server('b');
  expect(await codeOf(commands.removePeer({ roomId, peerId: 'nobody', by }))).toStartWith('not_found');
  expect(await codeOf(commands.setRoomLocked({ roomId: 'no room', locked: true, by }))).toStartWith(
    'not_found',
  );
  expect(['a', 'b', 'c'].flatMap((node) => auditOf(node, roomId))).toEqual([]);
});

test('a moderator on the third node removes the first for good', async () => {
  const roomId = newRoom();
  const alice = await join('a', roomId, 'alice');
  const bob = await join('b', roomId, 'bob');
  const carol = await join('c', roomId, 'carol', true);
  await sees('c', roomId, 'alice');
  await sees('b', roomId, 'alice');
  expect(await carol.client.request('removePeer', { peerId: 'alice', reason: 'spam' })).toEqual({});
  expect((await alice.client.closed).reason).toStartWith('removed:');
  await bob.client.waitFor('peerLeft', ({ peerId }) => peerId === 'alice');
  expect(await tries(mesh.server('a'), roomId, 'alice', alice.token)).toBe('removed');
});

test('a drain is started and cancelled from another node', async () => {
  const { commands } = mesh.server('a');
  await commands.drain({ node: 'b', milliseconds: 60_000, by });
  expect(mesh.server('b').sfu.drainDeadline).not.toBeNull();
  expect(mesh.server('a').sfu.drainDeadline).toBeNull();
  await commands.cancelDrain({ node: 'b', by });
  expect(mesh.server('b').sfu.drainDeadline).toBeNull();
  expect(await codeOf(commands.drain({ node: 'x', milliseconds: 0, by }))).toStartWith('not_found');
});
