import { expect, setDefaultTimeout, test } from 'bun:test';
import { Commands } from '../../src/commands/commands.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { audioTrack, dataChannel, enter } from '../support/world.ts';
import { DemoApp, type Form } from './demo-app.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
const asker = { by, address: '192.0.2.9', reason: '' };
const forms: readonly Form[] = ['first', 'rewrite'];

/** What the applications of the demo handle, as their own sources have it. */
const handled: Readonly<Record<Form, readonly string[]>> = {
  first: ['mediasoup-version'],
  rewrite: ['mediasoupVersion', 'speakingPeers'],
};
const handledByBoth = [
  'activeSpeaker',
  'consumerClosed',
  'consumerLayersChanged',
  'consumerPaused',
  'consumerResumed',
  'consumerScore',
  'dataConsumerClosed',
  'downlinkBwe',
  'newPeer',
  'peerClosed',
  'peerDisplayNameChanged',
  'producerScore',
];

for (const form of forms) {
  for (const [what, lose] of [
    ['whose worker dies', (server: Parameters<typeof killWorker>[0]) => killWorker(server, 0)],
    [
      'whose room moves to another worker',
      (server: Parameters<typeof killWorker>[0]) => server.sfu.moveRoom({ roomId: 'room', workerIndex: 1 }),
    ],
  ] as const)
    test(`an application of the ${form} form ${what} is closed with 1012 at once, and its call goes on by itself`, async () => {
      await using server = await startServer({ TUREEN_WORKERS: '2' });
      const codes: number[] = [];
      server.signaling.events.on('socketClosed', ({ peerId, code }) => {
        if (peerId === 'old') codes.push(code);
      });
      const left: unknown[] = [];
      server.sfu.events.on('peerLeft', ({ peerId, reason, joined }) => {
        if (peerId === 'old') left.push([reason, joined]);
      });
      using old = new DemoApp(server, 'old', form);
      await old.joined;
      const ours = await enter({ server, peerId: 'ours' });
      await ours.client.waitFor('newConsumer', ({ producerId }) => producerId === old.microphones[0]);
      lose(server);

      expect(await ours.client.waitFor('rejoin')).toHaveProperty('reason');
      await old.client.waitFor('connection:disconnected');
      expect([codes, left]).toEqual([[1012], [['rejoin', true]]]);
      expect(old.notifications).not.toContain('rejoin');
      await until(() => old.microphones.length === 2, 'its microphone again');
      const producers = server.sfu.read.producers('room').map(({ id, peerId }) => [peerId, id]);
      expect(producers).toEqual([['old', old.microphones[1] ?? '']]);
      expect(old.client.named('connection:close')).toEqual([]);
    });

  test(`an application of the ${form} form whose connection for media fails is closed with 1012, and comes back`, async () => {
    await using server = await startServer();
    using old = new DemoApp(server, 'old', form);
    await old.joined;
    const ours = await enter({ server, peerId: 'ours' });
    for (const peerId of ['old', 'ours']) {
      const peer = server.sfu.peer('room', peerId);
      const [entry] = peer.transports.values();
      if (entry) peer.closeTransport(entry, 'ice_failed');
    }
    expect(await ours.client.waitFor('transportClosed')).toMatchObject({ reason: 'ice_failed' });
    await until(() => old.microphones.length === 2, 'its microphone again');
    expect(old.client.named('connection:disconnected')).toHaveLength(1);
    expect(server.sfu.read.peerIds('room')).toContain('ours');
  });

  test(`an application of the ${form} form is told nothing that it does not know, whatever happens`, async () => {
    const clock = new TestClock();
    await using server = await startServer({}, { clock });
    const commands = new Commands(server.sfu, server.store);
    using old = new DemoApp(server, 'old', form);
    await old.joined;
    const ours = await enter({ server, peerId: 'ours' });
    const { id: producerId } = await ours.client.request('produce', audioTrack(ours.sendTransport, 1));
    const { id: ownId } = await ours.client.request('produceData', dataChannel(ours.sendTransport, 1));
    await old.client.waitFor('newDataConsumer', ({ dataProducerId }) => dataProducerId === ownId);
    const room = { roomId: 'room', ...asker };
    const mine = { ...room, peerId: 'old', producerId: old.microphones[0] ?? '' };
    await commands.muteProducer(mine);
    await commands.allowProducer(mine);
    await commands.setRoomLocked({ ...room, locked: true });
    await commands.notice({ ...room, message: 'hello' });
    await commands.notice({ ...room, peerId: 'old', message: 'you' });
    await ours.client.request('pauseProducer', { producerId });
    await ours.client.request('changeDisplayName', { displayName: 'Ours' });
    const volumes = [{ peerId: 'ours', producerId, volume: -30 }];
    server.sfu.events.emit('speakingPeers', { roomId: 'room', volumes });
    void server.sfu.drain({ milliseconds: 60_000 });
    server.sfu.cancelDrain(by);
    await commands.setPeerMetadata({ ...room, peerId: 'ours', metadata: { seat: 7 } });
    await commands.setPublish({ ...room, peerId: 'old', publish: ['video'] });
    old.client.peer.notify('nonsense', {}).catch(() => {});
    await ours.client.request('closeProducer', { producerId });
    await ours.client.close();
    await old.client.waitFor('peerClosed');
    expect(await old.client.request('getRouterRtpCapabilities')).toHaveProperty('codecs');

    const unknown = old.notifications.filter(
      (name) => !handledByBoth.includes(name) && !handled[form].includes(name),
    );
    expect(unknown).toEqual([]);
    expect(old.notifications).toEqual(
      expect.arrayContaining([...handled[form], 'newPeer', 'consumerPaused']),
    );
    // Ours was told all of it, and nothing twice under two names that it need not know.
    for (const name of [
      'roomLocked',
      'notice',
      'peerMetadataChanged',
      'speakingPeers',
      'draining',
      'drainCancelled',
      'mediasoupVersion',
    ])
      expect([name, ours.client.named(name).length > 0]).toEqual([name, true]);
    expect(ours.client.named('mediasoup-version')).toEqual([]);
  });

  test(`what an application of the ${form} form tells the demo's bot is not shown to others as said by it`, async () => {
    await using server = await startServer();
    using old = new DemoApp(server, 'old', form);
    await old.joined;
    const ours = await enter({ server, peerId: 'ours' });
    using other = new DemoApp(server, 'other', form);
    await other.joined;
    await old.openChannel({ label: 'bot', appData: { info: 'my-bot-DataProducer' } });
    await old.openChannel({ label: 'talk', appData: { channel: 'bot' } });
    await old.openChannel({ label: 'chat', appData: { channel: 'chat' } });
    const late = await enter({ server, peerId: 'late' });
    for (const client of [ours.client, other.client, late.client]) {
      await client.waitFor('newDataConsumer', ({ label }) => label === 'chat');
      expect(client.named('newDataConsumer').map(({ label }) => label)).toEqual(['chat']);
    }
  });
}

test('a channel of our own that is called bot is like any other', async () => {
  await using server = await startServer();
  const alice = await enter({ server, peerId: 'alice' });
  const bob = await enter({ server, peerId: 'bob' });
  const channel = { ...dataChannel(alice.sendTransport, 1), label: 'bot' };
  const { id } = await alice.client.request('produceData', channel);
  await bob.client.waitFor('newDataConsumer', ({ dataProducerId }) => dataProducerId === id);
});

test('a client that has not shown its generation yet is told only what all of them know', async () => {
  await using server = await startServer();
  const client = await SignalingClient.connect({ server, native: false });
  await client.request('getRouterRtpCapabilities', {});
  await client.request('join', { displayName: 'Alice' });
  server.sfu.setRoomLocked({ roomId: 'room', locked: true, by });
  await client.request('getRouterRtpCapabilities', {});
  expect(client.events).toEqual([]);
});

test('a microphone prompt may take long: the time to join starts again with each message', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const client = await SignalingClient.connect({ server, native: false });
  await client.request('getRouterRtpCapabilities', {});
  // The prompt stands between opening the socket and `join` in the older generation.
  for (let asked = 0; asked < 3; asked += 1) {
    clock.advance(59_000);
    await client.request('createWebRtcTransport', { producing: true });
  }
  clock.advance(59_000);
  expect(await client.request('join', { displayName: 'Alice' })).toEqual({ peers: [] });
  clock.advance(600_000);
  expect(await client.request('changeDisplayName', { displayName: 'Ada' })).toEqual({});
});

test('who never joins is closed with 4000 after a minute, so that an application does not run two joins at once', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const client = await SignalingClient.connect({ server, native: false });
  await client.request('getRouterRtpCapabilities', {});
  clock.advance(60_000);
  const { code, reason } = await client.closed;
  expect([code, reason]).toEqual([
    4000,
    'join_timeout: you did not join within 60 seconds; connect again and join',
  ]);
});
