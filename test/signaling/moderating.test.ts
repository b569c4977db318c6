import { expect, test } from 'bun:test';
import type { Static } from '@sinclair/typebox';
import type { TokenGrants } from '../../src/access/tokens.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, enter } from '../support/world.ts';

async function call() {
  const server = await startServer(withKeys);
  const member = async (peerId: string, grants: Static<typeof TokenGrants> = {}, native = true) => {
    const token = await tokenFor('room', peerId, { grants });
    return await enter({ server, peerId, token, native });
  };
  return { server, member, [Symbol.asyncDispose]: () => server.stop() };
}

test('a hand needs no grant to publish, is told to everyone and to who comes later, and falls with its peer', async () => {
  await using world = await call();
  const { client: listener } = await world.member('listener', { publish: false });
  const { client: bob } = await world.member('bob');
  await listener.request('raiseHand', {});
  const { raisedAt } = await bob.waitFor('peerHand', ({ peerId }) => peerId === 'listener');
  expect(raisedAt).toBeNumber();
  expect(await listener.waitFor('peerHand')).toEqual({ peerId: 'listener', raisedAt });
  await listener.request('raiseHand', {});
  const token = await tokenFor('room', 'dave');
  const later = await SignalingClient.connect({ server: world.server, peerId: 'dave', token });
  const { peers } = await later.request('join', { displayName: 'dave' });
  expect(peers.find(({ id }) => id === 'listener')).toMatchObject({ handRaisedAt: raisedAt });
  expect(peers.find(({ id }) => id === 'bob')).not.toHaveProperty('handRaisedAt');
  await listener.request('lowerHand', {});
  expect(await bob.waitFor('peerHand', (data) => data.raisedAt === null)).toEqual({
    peerId: 'listener',
    raisedAt: null,
  });
  // Raising a raised hand is told to nobody.
  expect(bob.named('peerHand')).toHaveLength(2);
});

test('a client of an earlier generation, which does not know the new notifications, gets none of them', async () => {
  await using world = await call();
  const { client: old } = await world.member('old', {}, false);
  const { client: bob } = await world.member('bob');
  await bob.request('raiseHand', {});
  await bob.request('react', { reaction: 'clap' });
  await bob.waitFor('peerReaction');
  await bob.request('changeDisplayName', { displayName: 'Bob' });
  // What comes later is there, so what was sent before would be, too.
  await old.waitFor('peerDisplayNameChanged');
  expect(old.named('peerHand')).toEqual([]);
  expect(old.named('peerReaction')).toEqual([]);
});

test('a moderator lowers one hand or all of them, which is audited', async () => {
  await using world = await call();
  const { client: mona } = await world.member('mona', { moderate: true });
  const [{ client: bob }, { client: carol }] = [await world.member('bob'), await world.member('carol')];
  for (const client of [mona, bob, carol]) await client.request('raiseHand', {});
  expect(await mona.request('lowerHands', { peerId: 'bob' })).toEqual({ count: 1 });
  await bob.waitFor('peerHand', ({ peerId, raisedAt }) => peerId === 'bob' && raisedAt === null);
  expect(await mona.request('lowerHands', {})).toEqual({ count: 2 });
  const [all, one] = world.server.store.audit.search({ limit: 2 });
  expect(all).toMatchObject({
    action: 'hands.lower',
    result: 'done: 2 lowered',
    by: { kind: 'moderator', id: 'mona' },
  });
  expect(one).toMatchObject({ action: 'hands.lower', peerId: 'bob', result: 'done: 1 lowered' });
});

test('moderators learn what others may not do, also when they join later, and others do not', async () => {
  await using world = await call();
  const { client: mona } = await world.member('mona', { moderate: true });
  const bob = await world.member('bob');
  const { client: carol } = await world.member('carol');
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  expect(await mona.request('muteAll', { source: 'audio' })).toEqual({ count: 1 });
  const muted = { peerId: 'bob', publish: true, stopped: false, muted: ['audio'] };
  expect(await mona.waitFor('peerRestrictions')).toEqual(muted);
  const { client: max } = await world.member('max', { moderate: true });
  expect(await max.waitFor('peerRestrictions')).toEqual(muted);
  expect(await max.request('allowAll', {})).toEqual({ count: 1 });
  await mona.waitFor('peerRestrictions', (data) => (data.muted as string[]).length === 0);
  await max.request('setPublish', { peerId: 'bob', publish: false });
  await mona.waitFor('peerRestrictions', (data) => data.publish === false && data.stopped === true);
  expect(carol.named('peerRestrictions')).toEqual([]);
});

test('giving back what a peer may publish gives no more than its token grants', async () => {
  await using world = await call();
  const { client: mona } = await world.member('mona', { moderate: true });
  const { client: bob } = await world.member('bob', { publish: ['audio'] });
  await mona.request('setPublish', { peerId: 'bob', publish: false });
  await bob.waitFor('permissionsChanged', ({ publish }) => publish === false);
  await mona.request('setPublish', { peerId: 'bob', publish: true });
  await bob.waitFor('permissionsChanged', ({ publish }) => publish !== false);
  expect(bob.named('permissionsChanged').at(-1)).toEqual({ publish: ['audio'] });
  await mona.request('setPublish', { peerId: 'bob', publish: ['video', 'screen'] });
  await bob.waitFor('permissionsChanged', ({ publish }) => Array.isArray(publish) && publish.length === 0);
});

test('a removal with a ban keeps the person out of this room, with a new token too, and of no other', async () => {
  await using world = await call();
  const { client: mona } = await world.member('mona', { moderate: true });
  const { client: bob } = await world.member('bob');
  await mona.request('removePeer', { peerId: 'bob', reason: 'spam', ban: { seconds: 3600 } });
  expect((await bob.closed).reason).toContain('removed: you were banned: spam');
  const connect = async (roomId: string) =>
    await SignalingClient.connect({
      server: world.server,
      roomId,
      peerId: 'bob',
      token: await tokenFor(roomId, 'bob'),
    });
  expect((await (await connect('room')).closed).reason).toStartWith('banned');
  const elsewhere = await connect('other');
  expect(await elsewhere.request('join', {})).toEqual({ peers: [] });
});

test('the answer to join says what one may do and whether the room is locked', async () => {
  await using world = await call();
  const { client: mona } = await world.member('mona', { moderate: true });
  await mona.request('lockRoom', { locked: true });
  const token = await tokenFor('room', 'max', {
    grants: { moderate: true, publish: ['audio'], subscribe: false },
  });
  const path = '/signaling?fast=1&';
  const max = await SignalingClient.connect({ server: world.server, peerId: 'max', token, path });
  expect(await max.request('join', {})).toMatchObject({
    locked: true,
    permissions: { publish: ['audio'], subscribe: false, moderate: true },
  });
});
