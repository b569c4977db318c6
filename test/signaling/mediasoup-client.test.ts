import { expect, setDefaultTimeout, test } from 'bun:test';
import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import { Device, FakeHandler, testFakeParameters, type types } from 'mediasoup-client';
import type { Server } from '../../src/app/server.ts';
import type { ServerRequestData } from '../../src/signaling/messages.ts';
import { expectShape } from '../support/expect.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

const { generateNativeRtpCapabilities, generateLocalDtlsParameters } = testFakeParameters;

/** An application over mediasoup-client 3.24: its handler is a fake, so nothing but the media itself is missing. */
class App {
  readonly consumers = new Map<string, types.Consumer>();
  readonly dataConsumers = new Map<string, types.DataConsumer>();

  private constructor(
    readonly client: SignalingClient,
    readonly device: Device,
    readonly send: types.Transport,
    readonly recv: types.Transport,
  ) {}

  /** Up to join. The consumers that are offered from then on are made by `take`. */
  static async join(server: Server, peerId: string): Promise<App> {
    const client = await SignalingClient.connect({ server, peerId });
    const handlerFactory = FakeHandler.createFactory({
      generateNativeRtpCapabilities,
      generateLocalDtlsParameters,
    });
    const device = await Device.factory({ handlerFactory });
    // The wire knows MIME types and URIs as text, mediasoup-client as the texts that it knows.
    const routerRtpCapabilities = await client.request('getRouterRtpCapabilities', {});
    await device.load({ routerRtpCapabilities: routerRtpCapabilities as types.RtpCapabilities });
    const send = device.createSendTransport(
      await client.request('createWebRtcTransport', { producing: true, consuming: false }),
    );
    const recv = device.createRecvTransport(
      await client.request('createWebRtcTransport', { producing: false, consuming: true }),
    );
    const app = new App(client, device, send, recv);
    for (const transport of [send, recv]) app.#connects(transport);
    app.#produces();
    const { recvRtpCapabilities: rtpCapabilities } = device;
    await client.request('join', { displayName: peerId, rtpCapabilities });
    return app;
  }

  /** Builds this side of every consumer that was offered. */
  async take(): Promise<void> {
    for (const data of this.client.named('newConsumer') as ServerRequestData<'newConsumer'>[]) {
      const { id, producerId, kind, appData } = data;
      if (this.consumers.has(id)) continue;
      const rtpParameters = data.rtpParameters as types.RtpParameters;
      this.consumers.set(id, await this.recv.consume({ id, producerId, kind, rtpParameters, appData }));
    }
    for (const data of this.client.named('newDataConsumer') as ServerRequestData<'newDataConsumer'>[]) {
      const { id, dataProducerId, sctpStreamParameters, label, protocol, appData } = data;
      if (this.dataConsumers.has(id)) continue;
      const options = { id, dataProducerId, sctpStreamParameters, label, protocol, appData };
      this.dataConsumers.set(id, await this.recv.consumeData(options));
    }
  }

  #connects(transport: types.Transport): void {
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      const { id: transportId } = transport;
      this.client.request('connectWebRtcTransport', { transportId, dtlsParameters }).then(done, failed);
    });
  }

  #produces(): void {
    const { id: transportId } = this.send;
    this.send.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
      this.client.request('produce', { transportId, kind, rtpParameters, appData }).then(done, failed);
    });
    this.send.on('producedata', ({ sctpStreamParameters, label, protocol, appData }, done, failed) => {
      const stream = { ...sctpStreamParameters, streamId: sctpStreamParameters.streamId ?? 0 };
      const request = { transportId, sctpStreamParameters: stream, label, protocol, appData };
      this.client.request('produceData', request).then(done, failed);
    });
  }
}

const track = (kind: 'audio' | 'video') => new FakeMediaStreamTrack({ kind });

test('a device loads the capabilities of the room and can send what both know', async () => {
  await using server = await startServer();
  const { device } = await App.join(server, 'alice');
  expect(device.loaded).toBe(true);
  expect([device.canProduce('audio'), device.canProduce('video')]).toEqual([true, true]);
  const names = device.recvRtpCapabilities.codecs?.map(({ mimeType }) => mimeType);
  expect(names).toEqual(expect.arrayContaining(['audio/opus', 'video/VP8', 'video/VP9', 'video/rtx']));
});

test('two devices send to each other: audio, simulcast video and data', async () => {
  await using server = await startServer();
  const alice = await App.join(server, 'alice');
  const bob = await App.join(server, 'bob');
  const audio = await alice.send.produce({ track: track('audio'), appData: { source: 'mic' } });
  const encodings = [{ maxBitrate: 100_000 }, { maxBitrate: 300_000 }, { maxBitrate: 900_000 }];
  const video = await alice.send.produce({ track: track('video'), encodings, appData: { source: 'webcam' } });
  const chat = await alice.send.produceData({ label: 'chat', protocol: 'json', ordered: true });
  const camera = await bob.send.produce({ track: track('video'), appData: { source: 'webcam' } });

  await bob.client.waitFor('newConsumer', ({ producerId }) => producerId === audio.id);
  await bob.client.waitFor('newConsumer', ({ producerId }) => producerId === video.id);
  await bob.client.waitFor('newDataConsumer');
  await bob.take();
  const kinds = [...bob.consumers.values()].map(({ producerId, kind, appData }) => ({
    producerId,
    kind,
    peerId: appData.peerId,
  }));
  expect(kinds).toContainEqual({ producerId: audio.id, kind: 'audio', peerId: 'alice' });
  expect(kinds).toContainEqual({ producerId: video.id, kind: 'video', peerId: 'alice' });
  const [received] = bob.dataConsumers.values();
  expect(received?.dataProducerId).toBe(chat.id);
  expect([received?.label, received?.protocol]).toEqual(['chat', 'json']);

  await alice.client.waitFor('newConsumer', ({ producerId }) => producerId === camera.id);
  await alice.take();
  expect([...alice.consumers.values()].map(({ producerId }) => producerId)).toEqual([camera.id]);
  // Both sides have given their DTLS parameters, and a second time is a mistake.
  const again = alice.client.request('connectWebRtcTransport', {
    transportId: alice.send.id,
    dtlsParameters: generateLocalDtlsParameters(),
  });
  await expect(again).rejects.toThrow(/^wrong_state: /);
  const simulcast = server.sfu.snapshot().rooms[0]?.peers[0]?.producers.map(({ type }) => type);
  expect(simulcast).toEqual(['simple', 'simulcast']);
});

test('pause, resume and close reach the device of the other side', async () => {
  await using server = await startServer();
  const alice = await App.join(server, 'alice');
  const bob = await App.join(server, 'bob');
  const { id: producerId } = await alice.send.produce({ track: track('audio') });
  const { id: consumerId } = await bob.client.waitFor('newConsumer');
  await alice.client.request('pauseProducer', { producerId });
  await bob.client.waitFor('consumerPaused', (data) => data.consumerId === consumerId);
  await alice.client.request('resumeProducer', { producerId });
  await bob.client.waitFor('consumerResumed', (data) => data.consumerId === consumerId);
  await alice.client.request('closeProducer', { producerId });
  await bob.client.waitFor('consumerClosed', (data) => data.consumerId === consumerId);
});

test('a late device gets what is there already', async () => {
  await using server = await startServer();
  const alice = await App.join(server, 'alice');
  const { id } = await alice.send.produce({ track: track('video') });
  const late = await App.join(server, 'late');
  await late.client.waitFor('newConsumer', ({ producerId }) => producerId === id);
  await late.take();
  expect([...late.consumers.values()].map(({ producerId }) => producerId)).toEqual([id]);
});

test('ICE restarts with what the server answers', async () => {
  await using server = await startServer();
  const { client, send } = await App.join(server, 'alice');
  const iceParameters = await client.request('restartIce', { transportId: send.id });
  await send.restartIce({ iceParameters });
  const second = await client.request('restartIce', { transportId: send.id });
  expect(second.usernameFragment).not.toBe(iceParameters.usernameFragment);
});

test('statistics are there for all that a device has', async () => {
  await using server = await startServer();
  const alice = await App.join(server, 'alice');
  const bob = await App.join(server, 'bob');
  const producer = await alice.send.produce({ track: track('audio') });
  const dataProducer = await alice.send.produceData({ label: 'chat' });
  const consumerId = String((await bob.client.waitFor('newConsumer')).id);
  const dataConsumerId = String((await bob.client.waitFor('newDataConsumer')).id);
  await until(() => server.sfu.snapshot().rooms[0]?.peers[1]?.consumers[0]?.paused === false);
  const { client } = alice;
  expectShape(await client.request('getTransportStats', { transportId: alice.send.id }), [
    { type: 'webrtc-transport', transportId: alice.send.id },
  ]);
  // Nothing has been sent, so there is no stream to count yet.
  expect(await client.request('getProducerStats', { producerId: producer.id })).toEqual([]);
  expectShape(await client.request('getDataProducerStats', { dataProducerId: dataProducer.id }), [
    { type: 'data-producer', label: 'chat' },
  ]);
  expectShape(await bob.client.request('getConsumerStats', { consumerId }), [{ type: 'outbound-rtp' }]);
  expectShape(await bob.client.request('getDataConsumerStats', { dataConsumerId }), [
    { type: 'data-consumer', label: 'chat' },
  ]);
});

test('a device of an old client, with SCTP capabilities and a codec that the room has not, gets what it can play', async () => {
  await using server = await startServer({ TUREEN_CODECS: 'opus,VP9' });
  const alice = await App.join(server, 'alice');
  const { id } = await alice.send.produce({ track: track('video') });
  const old = await SignalingClient.connect({ server, peerId: 'old' });
  await old.request('createWebRtcTransport', {
    consuming: true,
    sctpCapabilities: { numStreams: { OS: 1, MIS: 1 } },
  });
  const onlyVp8 = alice.device.recvRtpCapabilities.codecs?.map((codec) => ({
    ...codec,
    mimeType: 'video/VP8',
  }));
  await old.request('join', { displayName: 'Old', rtpCapabilities: { codecs: onlyVp8 ?? [] } });
  await expect(old.request('consume', { producerId: id })).rejects.toThrow(/^unsupported: /);
  expect(old.named('newConsumer')).toEqual([]);
  // It takes part all the same.
  await alice.client.waitFor('newPeer', (data) => data.id === 'old');
});
