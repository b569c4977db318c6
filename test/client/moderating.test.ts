import { afterEach, expect, test } from 'bun:test';
import type { Static } from '@sinclair/typebox';
import type { TureenClient } from '../../client/index.ts';
import type { TokenGrants } from '../../src/access/tokens.ts';
import { serverActor } from '../../src/core/actors.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { joined, stateOf, track } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

// Without resuming, so that a connection that breaks is a new one.
const server = await useServer({ ...withKeys, TUREEN_RESUME_SECONDS: '0' });
const clients: TureenClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});

/** A room for each test, for what a moderator decided holds as long as the room lives. */
let room = 0;

async function enter(
  peerId: string,
  grants: Static<typeof TokenGrants> = {},
  url?: string,
): Promise<TureenClient> {
  const roomId = `room-${room}`;
  const token = await tokenFor(roomId, peerId, { grants });
  const client = await joined({ server, roomId, peerId, displayName: peerId, token, ...(url && { url }) });
  clients.push(client);
  return client;
}

/** Mona moderates, Bob publishes a microphone that she receives. */
async function moderated() {
  room += 1;
  const mona = await enter('mona', { moderate: true });
  const bob = await enter('bob');
  const arriving = mona.once('trackAdded');
  const microphone = await bob.publish(track('audio'), 'microphone');
  const { track: received } = await arriving;
  const seen = () => mona.peers.get('bob');
  return { mona, bob, microphone, received, seen };
}

test('a moderator mutes and allows a microphone, and sees which ones are muted', async () => {
  const { mona, bob, microphone, received, seen } = await moderated();
  expect(mona.permissions.moderate).toBe(true);
  const held = bob.once('publicationChanged', ({ held }) => held);
  await mona.muteProducer('bob', received.producerId);
  await held;
  await until(() => seen()?.restrictions.muted.includes('audio') ?? false, 'the mute in the list');
  const allowed = bob.once('publicationChanged', ({ held }) => !held);
  await mona.allowProducer('bob', received.producerId);
  await allowed;
  expect(microphone.paused).toBe(true);
  await until(() => seen()?.restrictions.muted.length === 0, 'no mute in the list');
});

test('what is published while its source is muted is held from the start', async () => {
  const { mona, bob, microphone, received } = await moderated();
  await mona.muteProducer('bob', received.producerId);
  await until(() => microphone.held, 'the mute');
  await microphone.close();
  const second = await bob.publish(track('audio'), 'microphone');
  expect(second).toMatchObject({ held: true, paused: true });
  await mona.allowAll('microphone');
  await until(() => !second.held, 'the end of the mute');
});

test('what a moderator decided does not outlive its server, in the list and at who was muted', async () => {
  room += 1;
  await using other = await startServer(withKeys);
  let [left, joinedAgain] = [server, 0];
  using relay = new TcpRelay({
    get port() {
      return left.port;
    },
  });
  const [mona, bob] = [await enter('mona', { moderate: true }, relay.url), await enter('bob', {}, relay.url)];
  const arriving = mona.once('trackAdded');
  const microphone = await bob.publish(track('audio'), 'microphone');
  await mona.muteProducer('bob', (await arriving).track.producerId);
  const seen = () => mona.peers.get('bob')?.restrictions.muted;
  await until(() => microphone.held && seen()?.length === 1, 'the mute');
  for (const client of [mona, bob]) client.on('state', ({ state }) => state === 'joined' && joinedAgain++);
  left = other;
  relay.breakAll();
  await until(() => joinedAgain === 2 && !microphone.held, 'both on the other server');
  expect(microphone.paused).toBe(true);
  await until(() => seen()?.length === 0, 'no mute in the list');
  await microphone.resume();
});

test('a moderator mutes everyone, and takes it back', async () => {
  const { mona, microphone } = await moderated();
  expect(await mona.muteAll('microphone')).toBe(1);
  await until(() => microphone.held, 'the mute');
  expect(await mona.muteAll('camera')).toBe(0);
  expect(await mona.allowAll('microphone')).toBe(1);
  await until(() => !microphone.held, 'the end of the mute');
});

test('a moderator stops what a peer publishes, and lets it publish again', async () => {
  const { mona, bob, seen } = await moderated();
  const [ended, told] = [bob.once('publicationEnded'), bob.once('permissions')];
  await mona.stopPublishing('bob');
  expect((await ended).reason).toBe('not_allowed');
  await told;
  expect(bob.permissions.publish).toBe(false);
  await until(() => seen()?.restrictions.stopped ?? false, 'the stop in the list');
  const again = bob.once('permissions', ({ publish }) => publish === true);
  await mona.allowPublishing('bob');
  await again;
  await bob.publish(track('audio'), 'microphone');
  await until(() => seen()?.restrictions.stopped === false, 'the end of the stop in the list');
});

test('a moderator removes a peer with a ban, and it does not come back with a new token', async () => {
  const { mona, bob } = await moderated();
  const ended = stateOf(bob, 'ended');
  await mona.removePeer('bob', { reason: 'it was too loud', ban: { seconds: 3600 } });
  expect(await ended).toMatchObject({ code: 'removed', message: 'you were banned: it was too loud' });
  await expect(enter('bob')).rejects.toMatchObject({ code: 'banned' });
});

test('a moderator locks the room, and who joins then knows it', async () => {
  const { mona, bob } = await moderated();
  const locked = bob.once('locked');
  await mona.lockRoom();
  expect(await locked).toEqual({ locked: true });
  await expect(enter('carol')).rejects.toMatchObject({ code: 'room_locked' });
  const max = await enter('max', { moderate: true });
  expect(max.locked).toBe(true);
  await mona.lockRoom(false);
  await until(() => !max.locked, 'an open room');
});

test('what needs the grant is refused without it', async () => {
  const { bob, received } = await moderated();
  expect(bob.permissions.moderate).toBe(false);
  const refused = { code: 'forbidden' };
  await expect(bob.removePeer('mona')).rejects.toMatchObject(refused);
  await expect(bob.muteProducer('bob', received.producerId)).rejects.toMatchObject(refused);
  await expect(bob.muteAll()).rejects.toMatchObject(refused);
  await expect(bob.lowerHands()).rejects.toMatchObject(refused);
  await expect(bob.lockRoom()).rejects.toMatchObject(refused);
  await expect(bob.stopPublishing('mona')).rejects.toMatchObject(refused);
});

test('a listener raises a hand, which others see, and who comes later, until a moderator lowers it', async () => {
  const { mona } = await moderated();
  const lena = await enter('lena', { publish: false });
  expect(lena.permissions.publish).toBe(false);
  const [seen, own] = [mona.once('hand'), lena.once('hand')];
  await lena.raiseHand();
  expect(await seen).toEqual({ peerId: 'lena', raised: true });
  expect(await own).toEqual({ peerId: 'lena', raised: true });
  expect(lena.handRaised).toBe(true);
  const dave = await enter('dave');
  expect(dave.peers.get('lena')?.handRaisedAt).toBeNumber();
  expect(dave.peers.get('bob')?.handRaisedAt).toBeNull();
  const lowered = lena.once('hand', ({ raised }) => !raised);
  expect(await mona.lowerHands()).toBe(1);
  await lowered;
  expect(lena.handRaised).toBe(false);
  await until(() => dave.peers.get('lena')?.handRaisedAt === null, 'the hand being down');
});

test('a raised hand is raised again after a reconnect', async () => {
  const { mona } = await moderated();
  using relay = new TcpRelay(server);
  const lena = await enter('lena', {}, relay.url);
  const raised = mona.once('hand');
  await lena.raiseHand();
  await raised;
  const ofServer = () => server.sfu.rooms.get(`room-${room}`)?.peers.get('lena');
  const former = ofServer()?.sessionId;
  relay.breakAll();
  const isUp = () => ofServer()?.sessionId !== former && typeof ofServer()?.handRaisedAt === 'number';
  await until(isUp, 'the hand in the new stay');
  // To Mona it may never have been down: her client is told of both together.
  await until(() => typeof mona.peers.get('lena')?.handRaisedAt === 'number', 'Mona to see it');
  expect(lena.handRaised).toBe(true);
});

test('a reaction reaches everyone, oneself too', async () => {
  const { mona, bob } = await moderated();
  const [seen, own] = [mona.once('reaction'), bob.once('reaction')];
  await bob.react('clap');
  expect(await seen).toEqual({ peerId: 'bob', reaction: 'clap' });
  expect(await own).toEqual({ peerId: 'bob', reaction: 'clap' });
});

test('a drain is announced, and so is its end', async () => {
  const { bob } = await moderated();
  const [draining, cancelled] = [bob.once('draining'), bob.once('drainCancelled')];
  void server.sfu.drain({ milliseconds: 3_600_000 });
  expect((await draining).deadline).toBeNumber();
  server.sfu.cancelDrain(serverActor);
  await cancelled;
});
