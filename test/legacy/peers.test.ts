import { expect, setDefaultTimeout, test } from 'bun:test';
import { startWithUsers, Visitor } from '../admin/support.ts';
import { scrape } from '../metrics/support.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { apiKey, startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { killWorker } from '../support/workers.ts';
import { audioTrack, enter } from '../support/world.ts';
import { entry } from '../webhooks/world.ts';
import { joinV2, receiving, sending, V2Client, v2Track, withTransports } from './v2-client.ts';

/** To moderators, programs, operators and other nodes a peer of the old protocol is a peer like any other. */

setDefaultTimeout(60_000);

const moderator = { by: { kind: 'moderator', id: 'mona' }, address: '' } as const;

test('REST, webhooks, the dashboard and the metrics show it and what it sends', async () => {
  await using receiver = new WebhookReceiver();
  await using server = await startWithUsers({
    ...withKeys,
    TUREEN_WEBHOOKS: JSON.stringify([entry('one', receiver.url)]),
    TUREEN_WEBHOOK_ALLOW: '127.0.0.1',
  });
  const appData = { displayName: 'Alice of old' };
  const { client } = await withTransports({
    server,
    token: await tokenFor('room', 'alice'),
    join: { appData },
  });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  const headers = { authorization: `Bearer ${await apiKey()}` };
  const base = `http://127.0.0.1:${server.port}`;
  const peer = await (await fetch(`${base}/api/v1/rooms/room/peers/alice`, { headers })).json();
  expect(peer).toMatchObject({ displayName: 'Alice of old', device: { name: 'mediasoup-client 2' } });
  const page = await Visitor.as(server, 'viewer').text('/peer?room=room&peer=alice');
  expect(page).toContain('Alice of old');
  expect(page).toContain('mediasoup-client 2');
  const metrics = await scrape(server);
  expect(metrics).toMatch(/tureen_signaling_requests_total\{method="v2",result="ok"[^}]*\} 5\n/);
  expect(metrics).toMatch(/tureen_signaling_sockets\{[^}]*\} 1\n/);
  client.notify('leave');
  await client.closed;
  const types = () => receiver.taken.map(({ event }) => event.type);
  await until(() => types().includes('peer_left'), 'its end');
  expect(types()).toEqual(expect.arrayContaining(['peer_joined', 'producer_opened', 'peer_left']));
});

test('a removal, a ban and a lock reach it, and a closed room ends it with the reason', async () => {
  await using server = await startServer(withKeys);
  const join = async (peerId: string) =>
    await joinV2({ server, peerId, token: await tokenFor('room', peerId) });
  const [alice, bob, carol] = [await join('alice'), await join('bob'), await join('carol')];
  await server.commands.removePeer({ ...moderator, roomId: 'room', peerId: 'alice', reason: 'enough' });
  expect(await alice.client.tells('closed')).toMatchObject({
    appData: { reason: 'removed', detail: 'a moderator removed you: enough', reconnect: false },
  });
  expect(await alice.client.closed).toMatchObject({
    code: 4000,
    reason: 'removed: a moderator removed you: enough',
  });
  await bob.client.tells('peerClosed', ({ name }) => name === 'alice');
  const ban = { kind: 'identity', value: 'bob', roomId: 'room', reason: 'spam', expiresAt: null } as const;
  await server.commands.ban({ ...ban, by: moderator.by }, moderator);
  expect(await bob.client.closed).toMatchObject({ code: 4000 });
  const again = await V2Client.connect({ server, peerId: 'bob', token: await tokenFor('room', 'bob') });
  expect((await again.closed).reason).toStartWith('banned');
  await server.commands.setRoomLocked({ ...moderator, roomId: 'room', locked: true });
  const late = await V2Client.connect({ server, peerId: 'dave', token: await tokenFor('room', 'dave') });
  expect((await late.closed).reason).toStartWith('room_locked');
  await server.commands.closeRoom({ ...moderator, roomId: 'room' });
  expect(await carol.client.tells('closed')).toMatchObject({ appData: { reason: 'room_closed' } });
  expect(await carol.client.closed).toMatchObject({ code: 4000 });
});

test('one that connects again takes the place of the former, and one that does not join has its time', async () => {
  await using server = await startServer({ TUREEN_JOIN_SECONDS: '1' });
  const former = await joinV2({ server });
  const bob = await joinV2({ server, peerId: 'bob' });
  const newer = await joinV2({ server });
  expect(await former.client.closed).toMatchObject({ code: 4000 });
  expect(former.client.told('closed')).toMatchObject([{ appData: { reason: 'replaced' } }]);
  await bob.client.tells('newPeer', ({ name }) => name === 'alice');
  expect(newer.peers).toMatchObject([{ name: 'bob' }]);
  const idle = await V2Client.connect({ server, peerId: 'idle' });
  expect((await idle.closed).reason).toStartWith('join_timeout');
});

test('its connection ends with 1012 when its worker dies, when its room is moved, and when the node ends', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '2' });
  const bob = await enter({ server, peerId: 'bob' });
  const first = await withTransports({ server });
  const workerOf = (peerId: string) => server.sfu.peer('room', peerId).router?.live.index ?? -1;
  killWorker(server, workerOf('alice'));
  expect(await first.client.tells('closed')).toMatchObject({
    appData: { reason: 'rejoin', reconnect: true },
  });
  expect(await first.client.closed).toMatchObject({ code: 1012 });
  // A client of version 3 goes on, and who connects again finds it.
  await bob.client.waitFor('rejoin');
  await bob.client.request('join', { displayName: 'bob' });
  const second = await withTransports({ server });
  expect(second.peers).toMatchObject([{ name: 'bob' }]);
  const other = 1 - workerOf('alice');
  await until(() => Boolean(server.sfu.snapshot().workers[other]?.pid), 'the other worker');
  server.sfu.moveRoom({ roomId: 'room', workerIndex: other });
  expect((await second.client.closed).code).toBe(1012);
  const third = await joinV2({ server });
  await server.sfu.drain({ milliseconds: 0 });
  expect(await third.client.tells('closed')).toMatchObject({
    appData: { reason: 'draining', reconnect: true },
  });
  expect((await third.client.closed).code).toBe(1012);
});

test('a peer that builds its media again stays in its list, and its media comes again', async () => {
  await using server = await startServer({ TUREEN_WORKERS: '2', TUREEN_ROOM_CONSUMERS_PER_WORKER: '1' });
  const bob = await enter({ server, peerId: 'bob' });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  // With its consumer the first worker has enough.
  const dave = await enter({ server, peerId: 'dave' });
  await dave.client.waitFor('newConsumer');
  const { client } = await withTransports({ server });
  const [alice, sender] = [server.sfu.peer('room', 'alice'), server.sfu.peer('room', 'bob')];
  expect(alice.router?.live.index).not.toBe(sender.router?.live.index);
  killWorker(server, sender.router?.live.index);
  await client.tells('consumerClosed');
  await bob.client.waitFor('rejoin');
  const { id } = await bob.client.request('createWebRtcTransport', { producing: true });
  await bob.client.request('join', { displayName: 'bob' });
  await bob.client.request('produce', audioTrack(id, 1001));
  expect(await client.tells('newConsumer')).toMatchObject({ peerName: 'bob' });
  expect(client.told('peerClosed')).toEqual([]);
});

test('on another node of a mesh it sees and is seen, and a node that is gone takes its peers with it', async () => {
  await using mesh = await BusMesh.of(['one', 'two']);
  const [one, two] = [mesh.server('one'), mesh.server('two')];
  const { client } = await withTransports({ server: one, join: { appData: { displayName: 'Alice' } } });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  const bob = await enter({ server: two, peerId: 'bob' });
  expect(await client.tells('newPeer')).toMatchObject({ name: 'bob', appData: { displayName: 'bob' } });
  expect(await bob.client.waitFor('newConsumer')).toMatchObject({
    peerId: 'alice',
    appData: { source: 'mic' },
  });
  const { id: producerId } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const { id } = await client.tells('newConsumer');
  expect(await client.request('enableConsumer', { id, transportId: receiving })).toMatchObject({
    paused: false,
  });
  await bob.client.request('pauseProducer', { producerId });
  expect(await client.tells('consumerPaused')).toMatchObject({ id, peerName: 'bob' });
  const later = await SignalingClient.connect({ server: two, peerId: 'later' });
  expect((await later.request('join', {})).peers.find((peer) => peer.id === 'alice')).toMatchObject({
    ...{ displayName: 'Alice', producers: [{ kind: 'audio', paused: false }] },
  });
  await two.stop();
  // Its consumers go with it.
  await client.tells('peerClosed', ({ name }) => name === 'bob');
  await until(
    () => one.sfu.peer('room', 'alice').subscriptions.size === 0,
    'that nothing is received any more',
  );
});
