import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Fields } from 'protoo-client';
import type { Server } from '../../src/app/server.ts';
import { expectShape } from '../support/expect.ts';
import { ProtooClient } from '../support/protoo.ts';
import { dtlsOf, receivesOpusAndVp8 } from '../support/rtp.ts';
import { socketUrl, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { audioTrack, dataChannel, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const text = expect.any(String);
const device = { flag: 'chrome', name: 'Chrome', version: '156' };
/** mediasoup-client's before 3.24; the later ones send nothing. */
const sctpCapabilities = { numStreams: { OS: 1024, MIS: 1024 } };

/** What every generation reads of a new transport. */
const transportShape = {
  id: text,
  iceParameters: { usernameFragment: text, password: text, iceLite: true },
  iceCandidates: expect.arrayContaining([
    expect.objectContaining({ foundation: text, ip: '127.0.0.1', protocol: 'tcp', type: 'host' }),
  ]),
  dtlsParameters: { role: 'auto', fingerprints: expect.any(Array) },
  sctpParameters: {
    port: expect.any(Number),
    OS: expect.any(Number),
    MIS: expect.any(Number),
    maxMessageSize: expect.any(Number),
    maxSendMessageSize: expect.any(Number),
    maxReceiveMessageSize: expect.any(Number),
  },
};

interface Call extends Disposable {
  readonly client: ProtooClient;
  readonly send: string;
  readonly recv: string;
  readonly joined: Fields;
}

/** The JavaScript demo, step by step. */
async function callAsA(
  server: Server,
  peerId: string,
  options?: { reject: readonly string[] },
): Promise<Call> {
  const client = await ProtooClient.open(socketUrl({ server, peerId, path: '/' }), options);
  const capabilities = await client.request('getRouterRtpCapabilities');
  expectShape(capabilities, { codecs: expect.any(Array), headerExtensions: expect.any(Array) });
  const open = (producing: boolean) =>
    client.request('createWebRtcTransport', {
      forceTcp: false,
      producing,
      consuming: !producing,
      sctpCapabilities,
    });
  const send = String((await open(true)).id);
  const recv = String((await open(false)).id);
  const joined = await client.request('join', {
    displayName: peerId.toUpperCase(),
    device,
    rtpCapabilities: receivesOpusAndVp8,
    sctpCapabilities,
  });
  return { client, send, recv, joined, [Symbol.dispose]: () => client[Symbol.dispose]() };
}

/** The TypeScript rewrite: it reads only the newer names. */
async function callAsB(server: Server, peerId: string): Promise<Call> {
  const client = await ProtooClient.open(socketUrl({ server, peerId, path: '/' }));
  const { routerRtpCapabilities } = await client.request('getRouterRtpCapabilities');
  expectShape(routerRtpCapabilities, {
    codecs: expect.any(Array),
    headerExtensions: expect.any(Array),
  });
  const open = async (direction: 'producer' | 'consumer') => {
    const appData = { direction };
    const reply = await client.request('createWebRtcTransport', {
      sctpCapabilities,
      forceTcp: false,
      appData,
    });
    expectShape(reply, { ...transportShape, transportId: text });
    return String(reply.transportId);
  };
  const send = await open('producer');
  const recv = await open('consumer');
  const joined = await client.request('join', {
    displayName: peerId.toUpperCase(),
    device,
    rtpCapabilities: routerRtpCapabilities,
    sctpCapabilities,
  });
  return { client, send, recv, joined, [Symbol.dispose]: () => client[Symbol.dispose]() };
}

function peerSnapshot(server: Server, peerId: string) {
  const peer = server.sfu.snapshot().rooms[0]?.peers.find(({ id }) => id === peerId);
  if (!peer) throw new Error(`${peerId} is not in the room`);
  return peer;
}

describe('protoo-client as the first generation uses it', () => {
  test('is told the version, under the name that it reads', async () => {
    await using server = await startServer();
    using first = await callAsA(server, 'alice');
    expect(first.client.named('mediasoup-version')).toEqual([{ version: '3.27.1' }]);
    expect(first.client.named('mediasoupVersion')).toEqual([]);
    using rewrite = await callAsB(server, 'bob');
    expect(rewrite.client.named('mediasoupVersion')).toEqual([{ version: '3.27.1' }]);
    expect(rewrite.client.named('mediasoup-version')).toEqual([]);
  });

  test('gets the capabilities themselves, and transports of the shape that it knows', async () => {
    await using server = await startServer();
    using client = await ProtooClient.open(socketUrl({ server, path: '/' }));
    const capabilities = await client.request('getRouterRtpCapabilities');
    expect(capabilities.codecs).toContainEqual(expect.objectContaining({ mimeType: 'audio/opus' }));
    const data = { forceTcp: true, producing: true, consuming: false, sctpCapabilities };
    const reply = await client.request('createWebRtcTransport', data);
    expectShape(reply, transportShape);
    const candidates = reply.iceCandidates as Fields[];
    expect(new Set(candidates.map(({ protocol }) => protocol))).toEqual(new Set(['tcp']));
    const connected = { transportId: reply.id, dtlsParameters: dtlsOf('server') };
    expect(await client.request('connectWebRtcTransport', connected)).toEqual({});
  });

  test('joins, publishes, and gets each publication of the others as a request', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    expect(alice.joined).toEqual({ peers: [] });
    const audio = await alice.client.request('produce', {
      ...audioTrack(alice.send, 1),
      appData: { source: 'audio' },
    });
    expectShape(audio, { id: text });
    const video = await alice.client.request('produce', {
      ...videoTrack(alice.send, 2),
      appData: { source: 'video', share: true },
    });
    const chat = await alice.client.request('produceData', dataChannel(alice.send, 1));

    using bob = await callAsA(server, 'bob');
    expect(bob.joined.peers).toEqual([
      expect.objectContaining({ id: 'alice', displayName: 'ALICE', device }),
    ]);
    expectShape(await alice.client.waitFor('newPeer'), { id: 'bob', displayName: 'BOB', device });
    const ofAudio = await bob.client.waitFor('newConsumer', ({ kind }) => kind === 'audio');
    expectShape(ofAudio, {
      id: text,
      peerId: 'alice',
      producerId: audio.id,
      transportId: bob.recv,
      type: 'simple',
      rtpParameters: { codecs: expect.any(Array), encodings: expect.any(Array), mid: text },
      appData: { peerId: 'alice', source: 'audio' },
      producerPaused: false,
      consumerScore: { score: expect.any(Number), producerScore: expect.any(Number) },
    });
    expectShape(await bob.client.waitFor('newConsumer', ({ kind }) => kind === 'video'), {
      producerId: video.id,
      type: 'simulcast',
      appData: { peerId: 'alice', source: 'video', share: true },
    });
    expectShape(await bob.client.waitFor('newDataConsumer'), {
      id: text,
      peerId: 'alice',
      transportId: bob.recv,
      dataProducerId: chat.id,
      label: 'chat',
      protocol: '',
      sctpStreamParameters: { streamId: expect.any(Number), ordered: true },
      appData: { peerId: 'alice' },
    });
    // Accepted, it starts.
    await until(() => peerSnapshot(server, 'bob').consumers.every(({ paused }) => !paused));
  });

  test('is told of pause, resume and close of what it receives', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    using bob = await callAsA(server, 'bob');
    const { id: producerId } = await alice.client.request('produce', audioTrack(alice.send, 1));
    const { id: consumerId } = await bob.client.waitFor('newConsumer');
    expect(await alice.client.request('pauseProducer', { producerId })).toEqual({});
    expect(await bob.client.waitFor('consumerPaused')).toEqual({ consumerId });
    await alice.client.request('resumeProducer', { producerId });
    expect(await bob.client.waitFor('consumerResumed')).toEqual({ consumerId });
    await alice.client.request('closeProducer', { producerId });
    expectShape(await bob.client.waitFor('consumerClosed'), { consumerId });
    await alice.client.request('changeDisplayName', { displayName: 'Ada' });
    expect(await bob.client.waitFor('peerDisplayNameChanged')).toEqual({
      peerId: 'alice',
      displayName: 'Ada',
      oldDisplayName: 'ALICE',
    });
  });

  test('refuses a consumer, which is then closed on the server and never starts', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    using bob = await callAsA(server, 'bob', { reject: ['newConsumer'] });
    await alice.client.request('produce', audioTrack(alice.send, 1));
    const { id } = await bob.client.waitFor('newConsumer');
    await until(() => peerSnapshot(server, 'bob').consumers.length === 0);
    await expect(bob.client.request('resumeConsumer', { consumerId: id })).rejects.toThrow(/^not_found: /);
  });

  test('pauses at once what it accepts, as its audio-only mode does', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    using bob = await callAsA(server, 'bob');
    for (let round = 0; round < 10; round += 1) {
      const { id: producerId } = await alice.client.request(
        'produce',
        videoTrack(alice.send, 10 * (round + 1)),
      );
      const { id } = await bob.client.waitFor('newConsumer', (data) => data.producerId === producerId);
      expect(await bob.client.request('pauseConsumer', { consumerId: id })).toEqual({});
      // The worker is asked, so that whatever was on its way there has arrived.
      await bob.client.request('getConsumerStats', { consumerId: id });
      const consumer = peerSnapshot(server, 'bob').consumers.find((entry) => entry.id === id);
      expect([round, consumer?.paused]).toEqual([round, true]);
    }
  });

  test('reads statistics as arrays and ICE parameters as their fields', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    using bob = await callAsA(server, 'bob');
    const { id: producerId } = await alice.client.request('produce', audioTrack(alice.send, 1));
    const { id: dataProducerId } = await alice.client.request('produceData', dataChannel(alice.send, 1));
    const { id: consumerId } = await bob.client.waitFor('newConsumer');
    const { id: dataConsumerId } = await bob.client.waitFor('newDataConsumer');
    const replies: unknown[] = [
      await alice.client.request('getTransportStats', { transportId: alice.send }),
      await alice.client.request('getProducerStats', { producerId }),
      await alice.client.request('getDataProducerStats', { dataProducerId }),
      await bob.client.request('getConsumerStats', { consumerId }),
      await bob.client.request('getDataConsumerStats', { dataConsumerId }),
    ];
    expect(replies.map(Array.isArray)).toEqual([true, true, true, true, true]);
    expectShape(replies[0], [{ type: 'webrtc-transport', transportId: alice.send }]);
    const ice = await alice.client.request('restartIce', { transportId: alice.send });
    expectShape(ice, { usernameFragment: text, password: text, iceLite: true });
  });

  test('gets errors as an HTTP-like number and a reason that opens with the code', async () => {
    await using server = await startServer();
    const { client } = await callAsA(server, 'alice');
    using _client = client;
    const refusal = await client
      .request('pauseProducer', { producerId: 'x' })
      .catch((error: unknown) => error);
    expect(refusal).toEqual(
      expect.objectContaining({ code: 404, message: expect.stringMatching(/^not_found: /) }),
    );
  });

  test('is told of those who leave, and does not come back after leaving itself', async () => {
    await using server = await startServer();
    using alice = await callAsA(server, 'alice');
    const bob = await callAsA(server, 'bob');
    const carol = await callAsA(server, 'carol');
    const dave = await callAsA(server, 'dave');
    expect(await bob.client.request('leaveCall')).toEqual({});
    await bob.client.waitFor('connection:close');
    expect(await alice.client.waitFor('peerClosed', ({ peerId }) => peerId === 'bob')).toEqual({
      peerId: 'bob',
      reason: 'left',
    });
    expect(await dave.client.request('leaveRoom')).toEqual({});
    await alice.client.waitFor('peerClosed', ({ peerId }) => peerId === 'dave');
    carol.client.peer.close();
    expect(await alice.client.waitFor('peerClosed', ({ peerId }) => peerId === 'carol')).toEqual({
      peerId: 'carol',
      reason: 'disconnected',
    });
    expect(bob.client.named('connection:disconnected')).toEqual([]);
  });

  test('does not fight for its place with a newer connection of the same peer', async () => {
    await using server = await startServer();
    const older = await callAsA(server, 'alice');
    using newer = await callAsA(server, 'alice');
    await older.client.waitFor('connection:close');
    expect(older.client.named('connection:disconnected')).toEqual([]);
    expect(await newer.client.request('getRouterRtpCapabilities')).toHaveProperty('codecs');
  });
});

describe('protoo-client as the rewrites use it', () => {
  test('finds every field under its newer name', async () => {
    await using server = await startServer();
    using alice = await callAsB(server, 'alice');
    using bob = await callAsB(server, 'bob');
    expect(bob.joined.peers).toEqual([
      expect.objectContaining({ peerId: 'alice', displayName: 'ALICE', device }),
    ]);
    expect((await alice.client.waitFor('newPeer')).peer).toEqual({
      peerId: 'bob',
      displayName: 'BOB',
      device,
    });
    const audio = await alice.client.request('produce', audioTrack(alice.send, 1));
    const video = await alice.client.request('produce', videoTrack(alice.send, 2));
    const chat = await alice.client.request('produceData', dataChannel(alice.send, 1));
    expect([audio.producerId, video.producerId, chat.dataProducerId]).toEqual([text, text, text]);
    const consumer = await bob.client.waitFor('newConsumer', ({ kind }) => kind === 'video');
    expectShape(consumer, { peerId: 'alice', consumerId: text, producerId: video.producerId });
    expect(consumer.consumerId).toBe(consumer.id);
    const dataConsumer = await bob.client.waitFor('newDataConsumer');
    expectShape(dataConsumer, {
      peerId: 'alice',
      dataConsumerId: text,
      dataProducerId: chat.dataProducerId,
    });
    const ice = await bob.client.request('restartIce', { transportId: bob.recv });
    expectShape(ice.iceParameters, { usernameFragment: text, password: text });

    // Layers change with media, which is not here: the domain tells what a worker would.
    const layers = { spatialLayer: 2, temporalLayer: 1 };
    const consumerId = String(consumer.consumerId);
    const producerId = String(video.producerId);
    const { sessionId } = server.sfu.peer('room', 'bob');
    const who = { roomId: 'room', peerId: 'bob', sessionId, producerPeerId: 'alice', kind: 'video' } as const;
    server.sfu.events.emit('consumerLayers', { ...who, consumerId, producerId, layers });
    const changed = { consumerId, ...layers, layers };
    expect(await bob.client.waitFor('consumerLayersChanged', (data) => data.layers !== null)).toEqual(
      changed,
    );
  });

  test('finds the consumer that it asked for under its newer name', async () => {
    await using server = await startServer();
    using alice = await callAsB(server, 'alice');
    const { producerId } = await alice.client.request('produce', audioTrack(alice.send, 1));
    using client = await ProtooClient.open(socketUrl({ server, peerId: 'bob', path: '/' }));
    await client.request('createWebRtcTransport', { appData: { direction: 'consumer' } });
    await client.request('join', {
      displayName: 'Bob',
      rtpCapabilities: receivesOpusAndVp8,
      autoSubscribe: false,
    });
    const consumer = await client.request('consume', { producerId, paused: true });
    expect(consumer.consumerId).toBe(consumer.id);
    expect(client.named('newConsumer')).toEqual([]);
  });

  test('reads statistics as {stats}', async () => {
    await using server = await startServer();
    using alice = await callAsB(server, 'alice');
    using bob = await callAsB(server, 'bob');
    const { producerId } = await alice.client.request('produce', audioTrack(alice.send, 1));
    const { dataProducerId } = await alice.client.request('produceData', dataChannel(alice.send, 1));
    const { consumerId } = await bob.client.waitFor('newConsumer');
    const { dataConsumerId } = await bob.client.waitFor('newDataConsumer');
    const replies = [
      await alice.client.request('getTransportStats', { transportId: alice.send }),
      await alice.client.request('getProducerStats', { producerId }),
      await alice.client.request('getDataProducerStats', { dataProducerId }),
      await bob.client.request('getConsumerStats', { consumerId }),
      await bob.client.request('getDataConsumerStats', { dataConsumerId }),
    ];
    expect(replies).toEqual(replies.map(() => ({ stats: expect.any(Array) })));
    expectShape(replies[0]?.stats, [{ type: 'webrtc-transport', transportId: alice.send }]);
  });

  test('sends what wants no answer as notifications', async () => {
    await using server = await startServer();
    using alice = await callAsB(server, 'alice');
    using bob = await callAsB(server, 'bob');
    const results: string[] = [];
    server.signaling.events.on(
      'requestHandled',
      ({ method, result }) => void results.push(`${method} ${result}`),
    );
    const { producerId } = await alice.client.request('produce', videoTrack(alice.send, 1));
    const { consumerId } = await bob.client.waitFor('newConsumer');
    const consumer = () => peerSnapshot(server, 'bob').consumers[0];
    await until(() => consumer()?.paused === false);

    await alice.client.notify('pauseProducer', { producerId });
    expect(await bob.client.waitFor('consumerPaused')).toEqual({ consumerId });
    await alice.client.notify('resumeProducer', { producerId });
    expect(await bob.client.waitFor('consumerResumed')).toEqual({ consumerId });
    await bob.client.notify('pauseConsumer', { consumerId });
    await until(() => consumer()?.paused === true);
    await bob.client.notify('resumeConsumer', { consumerId });
    await until(() => consumer()?.paused === false);
    await bob.client.notify('setConsumerPreferredLayers', { consumerId, spatialLayer: 1, temporalLayer: 0 });
    await bob.client.notify('setConsumerPriority', { consumerId, priority: 7 });
    await bob.client.notify('requestConsumerKeyFrame', { consumerId });
    await until(() => results.includes('requestConsumerKeyFrame ok'));
    expectShape(consumer(), { priority: 7, preferredLayers: { spatialLayer: 1, temporalLayer: 0 } });
    await alice.client.notify('changeDisplayName', { displayName: 'Ada' });
    expectShape(await bob.client.waitFor('peerDisplayNameChanged'), { displayName: 'Ada' });
    await bob.client.notify('closeConsumer', { consumerId });
    await until(() => consumer() === undefined);
    await alice.client.notify('closeProducer', { producerId });
    await until(() => peerSnapshot(server, 'alice').producers.length === 0);
    expect(results.filter((result) => !result.endsWith(' ok'))).toEqual([]);
  });

  test('asks for the address of a statistics service, which is not there, and goes on', async () => {
    await using server = await startServer();
    using client = await ProtooClient.open(socketUrl({ server, path: '/' }));
    expect(await client.request('getRtcStatsUrl')).toEqual({});
    const joined = await client.request('join', { displayName: 'Alice', device });
    expect(joined).toEqual({ peers: [] });
  });
});
