import { expect, setDefaultTimeout, test } from 'bun:test';
import type { LocalPublication } from '../../src/sfu/rooms/peer.ts';
import { TestClock } from '../support/clock.ts';
import { dtlsOf } from '../support/rtp.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import type { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';
import { joinV2, receiving, sending, type V2Client, v2Track, withTransports } from './v2-client.ts';

setDefaultTimeout(60_000);

const server = await useServer();
const moderator = { kind: 'moderator', id: 'mona' } as const;

function publicationsOf(roomId: string, peerId: string): LocalPublication[] {
  return [...server.sfu.peer(roomId, peerId).publications.values()];
}

test('a client of version 2 and one of version 3 learn of each other, and of what the other sends', async () => {
  const bob = await enter({ server, roomId: 'both', peerId: 'bob' });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const appData = { displayName: 'Alice', device: { flag: 'chrome', name: 'Chrome' }, favourite: 'tea' };
  const { client, peers } = await withTransports({ server, roomId: 'both', join: { appData } });
  expect(peers).toMatchObject([{ name: 'bob', appData: { displayName: 'bob' } }]);
  const [{ consumers }] = peers as [{ consumers: object[] }];
  expect(consumers).toMatchObject([
    {
      kind: 'audio',
      peerName: 'bob',
      paused: false,
      effectiveProfile: 'default',
      appData: { source: 'mic' },
    },
  ]);
  expect(await bob.client.waitFor('newPeer')).toMatchObject({
    ...{ peerId: 'alice', displayName: 'Alice', device: { flag: 'chrome', name: 'Chrome' } },
  });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('video', 3000) });
  expect(await bob.client.waitFor('newConsumer')).toMatchObject({
    peerId: 'alice',
    appData: { source: 'webcam' },
  });
  const carol = await joinV2({ server, roomId: 'both', peerId: 'carol' });
  const alice = carol.peers.find(({ name }) => name === 'alice');
  expect(alice).toMatchObject({ appData, consumers: [{ kind: 'video', appData: { source: 'webcam' } }] });
  await bob.client.request('produce', videoTrack(bob.sendTransport, 2000));
  expect(await client.tells('newConsumer')).toMatchObject({ kind: 'video', peerName: 'bob' });
  client.notify('closeProducer', { id: 5 });
  expect(await carol.client.tells('consumerClosed')).toMatchObject({ peerName: 'alice' });
  client.notify('leave', { appData: ['bye'] });
  expect(await carol.client.tells('peerClosed')).toMatchObject({ name: 'alice', appData: ['bye'] });
  expect(await client.closed).toMatchObject({ code: 4000, reason: 'left: you left the call' });
  expect(client.told('closed')).toEqual([]);
});

test('a consumer starts when it is enabled, and pauses before that are in the answer or follow it', async () => {
  const bob = await enter({ server, roomId: 'pauses', peerId: 'bob' });
  const { id: producerId } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  await bob.client.request('pauseProducer', { producerId });
  const { client, peers } = await withTransports({ server, roomId: 'pauses' });
  const [{ consumers }] = peers as [{ consumers: { id: number; paused: boolean }[] }];
  const [{ id = 0, paused } = {}] = consumers;
  expect(paused).toBe(true);
  const [subscription] = server.sfu.peer('pauses', 'alice').subscriptions.values();
  expect(subscription?.consumer.paused).toBe(true);
  await bob.client.request('resumeProducer', { producerId });
  await until(() => subscription?.consumer.producerPaused === false, 'the end of the pause');
  // Until now it was told nothing, and the library takes up only a pause from the answer, not its end.
  expect(client.told('consumerResumed')).toEqual([]);
  expect(await client.request('enableConsumer', { id, transportId: receiving })).toMatchObject({
    paused: false,
  });
  expect(await client.tells('consumerResumed')).toMatchObject({ id, peerName: 'bob' });
  expect(subscription?.consumer.paused).toBe(false);
  await bob.client.request('pauseProducer', { producerId });
  expect(await client.tells('consumerPaused')).toMatchObject({ id, peerName: 'bob' });
  client.notify('pauseConsumer', { id });
  await until(() => subscription?.consumer.paused === true, 'its own pause');
  expect(client.told('consumerPaused').length).toBe(1);
});

test('a consumer that the client wants paused is enabled and stays paused', async () => {
  const bob = await enter({ server, roomId: 'quiet', peerId: 'bob' });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const { client, peers } = await withTransports({ server, roomId: 'quiet' });
  const [{ consumers }] = peers as [{ consumers: { id: number }[] }];
  const id = consumers[0]?.id;
  expect(await client.request('enableConsumer', { id, transportId: receiving, paused: true })).toMatchObject({
    paused: false,
  });
  const [subscription] = server.sfu.peer('quiet', 'alice').subscriptions.values();
  expect(subscription?.consumer.paused).toBe(true);
  client.notify('resumeConsumer', { id });
  await until(() => subscription?.consumer.paused === false, 'its start');
});

test('profiles are layers: low, medium and high from the lowest, default the best', async () => {
  const bob = await enter({ server, roomId: 'layers', peerId: 'bob' });
  await bob.client.request('produce', videoTrack(bob.sendTransport, 2000));
  const { client, peers } = await withTransports({ server, roomId: 'layers' });
  const [{ consumers }] = peers as [{ consumers: { id: number; effectiveProfile: null }[] }];
  const [{ id = 0, effectiveProfile } = {}] = consumers;
  expect(effectiveProfile).toBeNull();
  const [{ consumer } = {}] = [...server.sfu.peer('layers', 'alice').subscriptions.values()];
  const layer = () => consumer?.preferredLayers?.spatialLayer;
  const answer = await client.request('enableConsumer', {
    id,
    transportId: receiving,
    preferredProfile: 'medium',
  });
  expect(answer).toMatchObject({ preferredProfile: 'medium' });
  expect(layer()).toBe(1);
  for (const [profile, expected] of [
    ['low', 0],
    ['high', 2],
    ['medium', 1],
    ['default', 2],
  ] as const) {
    client.notify('setConsumerPreferredProfile', { id, profile });
    await client.tells('consumerPreferredProfileSet', (data) => data.profile === profile);
    expect(layer()).toBe(expected);
  }
});

test('the sending transport is connected when it is answered, as the DTLS client of a client that is the server', async () => {
  const { client } = await joinV2({ server, roomId: 'dtls' });
  const made = await client.request('createTransport', {
    ...{ id: 1, direction: 'send', dtlsParameters: dtlsOf('server') },
  });
  expect(made).toMatchObject({ dtlsParameters: { role: 'client' } });
  const [candidate] = made.iceCandidates as { ip: string; protocol: string }[];
  expect(candidate?.ip).toBeString();
  const transports = [...server.sfu.peer('dtls', 'alice').transports.values()];
  expect(transports.map(({ producing, connectRequested }) => [producing, connectRequested])).toEqual([
    [false, false],
    [true, true],
  ]);
  await client.request('createTransport', { id: 2, direction: 'recv' });
  client.notify('updateTransport', { id: 2, dtlsParameters: dtlsOf('client') });
  await until(() => transports[0]?.connectRequested === true, 'the receiving transport');
  // The one that was made at the join was handed out.
  expect(server.sfu.peer('dtls', 'alice').transports.size).toBe(2);
  const tcp = await client.request('createTransport', {
    ...{ id: 3, direction: 'send', options: { udp: false }, dtlsParameters: dtlsOf('server') },
  });
  const protocols = (tcp.iceCandidates as { protocol: string }[]).map(({ protocol }) => protocol);
  expect(new Set(protocols)).toEqual(new Set(['tcp']));
});

test('after a receiving transport is closed, another one gets new consumers', async () => {
  const bob = await enter({ server, roomId: 'again', peerId: 'bob' });
  await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
  const { client } = await withTransports({ server, roomId: 'again' });
  client.notify('closeTransport', { id: receiving });
  const closed = await client.tells('consumerClosed');
  await client.request('createTransport', { id: 4, direction: 'recv' });
  const announced = await client.tells('newConsumer');
  expect(announced.id).not.toBe(closed.id);
  await client.request('enableConsumer', { id: announced.id, transportId: 4 });
  expect(client.told('transportClosed')).toEqual([]);
});

test('what a client closes itself is not told to it, and its numbers are free again', async () => {
  const { client } = await withTransports({ server, roomId: 'numbers' });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  client.notify('closeTransport', { id: sending });
  // The library says so of each producer, too.
  client.notify('closeProducer', { id: 5 });
  await client.request('createTransport', {
    id: sending,
    direction: 'send',
    dtlsParameters: dtlsOf('server'),
  });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  expect(client.events.map(({ method }) => method)).toEqual([]);
  expect(publicationsOf('numbers', 'alice').length).toBe(1);
});

test('appData that is no object reaches others of this protocol as it is', async () => {
  const { client } = await withTransports({ server, roomId: 'any', join: { appData: 'alice is here' } });
  const track = { ...v2Track('audio', 100), appData: 'my microphone' };
  await client.request('createProducer', { id: 5, transportId: sending, ...track });
  const { client: bob, peers } = await joinV2({ server, roomId: 'any', peerId: 'bob' });
  expect(peers).toMatchObject([{ appData: 'alice is here', consumers: [{ appData: 'my microphone' }] }]);
  expect(publicationsOf('any', 'alice')[0]?.info.source).toBe('audio');
  await bob.request('createTransport', { id: receiving, direction: 'recv' });
  const [{ consumers }] = peers as [{ consumers: { id: number }[] }];
  await bob.request('enableConsumer', { id: consumers[0]?.id, transportId: receiving });
  client.notify('pauseProducer', { id: 5, appData: { because: 'a cough' } });
  expect(await bob.tells('consumerPaused')).toMatchObject({ appData: { because: 'a cough' } });
});

test('a muted producer goes on only when its owner resumes it, after a moderator allowed it', async () => {
  const { client } = await withTransports({ server, roomId: 'muted' });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  const [publication] = publicationsOf('muted', 'alice');
  const target = { roomId: 'muted', peerId: 'alice', producerId: publication?.info.id ?? '', by: moderator };
  await server.sfu.muteProducer(target);
  expect(await client.tells('producerPaused')).toMatchObject({ id: 5 });
  client.notify('resumeProducer', { id: 5 });
  expect(await client.tells('notificationRefused')).toMatchObject({ refused: 'resumeProducer' });
  await client.request('createProducer', { id: 6, transportId: sending, ...v2Track('audio', 200) });
  await client.tells('producerPaused', ({ id }) => id === 6);
  server.sfu.allowProducer(target);
  expect(publication?.producer.paused).toBe(true);
  expect(client.told('producerResumed')).toEqual([]);
  client.notify('resumeProducer', { id: 5 });
  await client.tells('producerResumed', ({ id }) => id === 5);
  expect(publication?.producer.paused).toBe(false);
  server.sfu.closeProducer(target);
  expect(await client.tells('producerClosed')).toMatchObject({ id: 5 });
});

test('statistics come at their interval, at least a second, and end with what they are of', async () => {
  const clock = new TestClock(Date.now());
  await using own = await startServer({}, { clock });
  const { client } = await withTransports({ server: own });
  await client.request('createProducer', { id: 5, transportId: sending, ...v2Track('audio', 100) });
  const idle = clock.waiting;
  client.notify('enableProducerStats', { id: 5, interval: 10 });
  await until(() => clock.waiting === idle + 1, 'the wait for statistics');
  clock.advance(999);
  await client.request('queryRoom');
  expect(client.told('producerStats')).toEqual([]);
  clock.advance(1);
  expect(await client.tells('producerStats')).toMatchObject({ id: 5 });
  await until(() => clock.waiting === idle + 1, 'the next wait');
  client.notify('closeProducer', { id: 5 });
  await until(() => clock.waiting === idle, 'the end of the statistics');
  client.notify('enableTransportStats', { id: sending, interval: 5000 });
  await until(() => clock.waiting === idle + 1, 'the wait for those of the transport');
  clock.advance(5000);
  expect((await client.tells('transportStats')).stats).toMatchObject([{ type: 'webrtc-transport' }]);
  client.notify('disableTransportStats', { id: sending });
  await client.request('queryRoom');
  await until(() => clock.waiting === idle, 'the end of those');
});

test('a spy is a peer with the grant hidden: nobody learns of it, and it sends nothing', async () => {
  await using locked = await startServer(withKeys);
  const options = async (peerId: string, grants?: { hidden: boolean }) => ({
    ...{ server: locked, peerId, token: await tokenFor('room', peerId, { grants }) },
  });
  const alice = await joinV2(await options('alice'));
  const spy = await joinV2({ ...(await options('spy', { hidden: true })), join: { spy: true } });
  expect(spy.peers).toMatchObject([{ name: 'alice' }]);
  const sends = { id: 1, direction: 'send', dtlsParameters: dtlsOf('server') };
  await expect(spy.client.request('createTransport', sends)).rejects.toMatchObject({ code: 'forbidden' });
  const bob = await joinV2(await options('bob'));
  expect(bob.peers).toMatchObject([{ name: 'alice' }]);
  await spy.client.tells('newPeer', ({ name }) => name === 'bob');
  await spy.client.close();
  await bob.client.close();
  await alice.client.tells('peerClosed');
  expect(alice.client.told('newPeer').map(({ name }) => name)).toEqual(['bob']);
  expect(alice.client.told('peerClosed').map(({ name }) => name)).toEqual(['bob']);
});

test('a name that a token sets wins over that in the appData', async () => {
  await using locked = await startServer(withKeys);
  const token = await tokenFor('room', 'alice', { name: 'Doctor Alice' });
  await joinV2({ server: locked, token, join: { appData: { displayName: 'Somebody else' } } });
  const { peers } = await joinV2({ server: locked, peerId: 'bob', token: await tokenFor('room', 'bob') });
  expect(peers).toMatchObject([{ appData: { displayName: 'Doctor Alice' } }]);
  expect(locked.sfu.peer('room', 'alice').displayName).toBe('Doctor Alice');
});

test('who joins while others come and go is told of each of them once', async () => {
  const roomId = 'crowd';
  const clients: V2Client[] = [];
  const guests: SignalingClient[] = [];
  const come = async (index: number) => {
    const guest = await enter({ server, roomId, peerId: `guest ${index}` });
    await guest.client.request('produce', audioTrack(guest.sendTransport, 1000 + index));
    guests.push(guest.client);
  };
  const join = async (index: number) => {
    const { client, peers } = await joinV2({ server, roomId, peerId: `v2 ${index}` });
    clients.push(client);
    return { client, peers };
  };
  const [joined] = await Promise.all([
    Promise.all([0, 1, 2, 3].map(join)),
    Promise.all(Array.from({ length: 12 }, (_, index) => come(index))),
  ]);
  const known = ({ client, peers }: Awaited<ReturnType<typeof join>>) => {
    const names = [
      ...peers.map(({ name }) => String(name)),
      ...client.told('newPeer').map(({ name }) => name),
    ];
    const listed = [...peers, ...client.told('newPeer')] as { consumers: { id: number }[] }[];
    const consumers = [
      ...listed.flatMap((peer) => peer.consumers.map(({ id }) => id)),
      ...client.told('newConsumer').map(({ id }) => id),
    ];
    return { names: names.sort(), consumers };
  };
  for (const each of joined) {
    await until(() => known(each).consumers.length >= 12, 'every consumer');
    const { names, consumers } = known(each);
    expect(names.length).toBe(15);
    expect(new Set(names).size).toBe(15);
    expect(consumers.length).toBe(12);
    expect(new Set(consumers).size).toBe(12);
  }
  await Promise.all([...clients, ...guests].map((client) => client.close()));
});
