import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { codecNames } from '../../src/core/codecs.ts';
import { startServer } from '../support/server.ts';
import { Phone, type RtpCodec } from './phone.ts';
import { TestController } from './support.ts';

setDefaultTimeout(60_000);

let server: Server;
let controller: TestController;
beforeAll(async () => {
  server = await startServer({ TUREEN_RTP_REMOTES: '127.0.0.1' });
  controller = await TestController.connect(server);
});
afterAll(() => server.stop());

type CodecName = (typeof codecNames)[number];
const speech = new Uint8Array(160).map((_, index) => index);
const pcmu = { mimeType: 'audio/PCMU', payloadType: 0, clockRate: 8000 };

/** A session whose first endpoint sends what comes from a telephone, in plain RTP. */
async function sending(codecs: CodecName[], ssrc: number, tracks: RtpCodec[] = [pcmu]) {
  const { id: roomId } = await controller.ask('createSession', { codecs });
  const from = { roomId, peerId: 'from' };
  await controller.ask('createEndpoint', from);
  const transport = await controller.ask('openPlainTransport', { ...from, srtp: 'none', consuming: false });
  const phone = await Phone.open(ssrc);
  const { id: producerId } = await controller.ask('produce', {
    ...from,
    transportId: transport.id,
    kind: 'audio',
    rtpParameters: phone.parameters(tracks),
  });
  return { roomId, from, transport, phone, producerId };
}

/** An endpoint that sends out in plain RTP to another telephone. */
async function receiving(roomId: string, producerId: string) {
  const to = { roomId, peerId: 'to' };
  await controller.ask('createEndpoint', to);
  const { id: transportId } = await controller.ask('openPlainTransport', {
    ...to,
    srtp: 'none',
    comedia: false,
  });
  const phone = await Phone.open(1);
  await controller.ask('connectTransport', { ...to, transportId, ip: '127.0.0.1', port: phone.port });
  const consumer = await controller.ask('consume', { ...to, transportId, producerId });
  return { to, transportId, phone, consumer };
}

const voices = [
  { codec: 'PCMU', voice: pcmu, given: 96 },
  {
    codec: 'opus',
    voice: { mimeType: 'audio/opus', payloadType: 98, clockRate: 48000, channels: 2 },
    given: 97,
  },
] as const;

test.each(voices)(
  'two telephones hear each other’s keys beside $codec, under the payload type that the room gives them',
  async ({ codec, voice, given }) => {
    const { clockRate, payloadType } = voice;
    const keys = { mimeType: 'audio/telephone-event', payloadType: 105, clockRate };
    const { roomId, transport, phone, producerId } = await sending([codec, 'telephone-event'], 7001, [
      voice,
      keys,
    ]);
    const { phone: other, consumer } = await receiving(roomId, producerId);
    const told = consumer.rtpParameters.codecs.find(({ mimeType }) => mimeType === 'audio/telephone-event');
    expect(told).toMatchObject({ payloadType: given, clockRate });
    using _talking = phone.talk(transport, { payload: speech, payloadType });
    expect((await other.hears()).payload).toEqual(speech);
    // The key 5, its end, volume 10, 800 ticks long (RFC 4733, section 2.3).
    const five = new Uint8Array([5, 0x8a, 0x03, 0x20]);
    phone.send(transport, { payloadType: 105, payload: five, marker: true });
    const heard = await other.hears((packet) => packet.payloadType === given);
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    expect(heard).toMatchObject({ payload: five, marker: true, ssrc });
  },
);

test('a consumer and a producer are held and go on again, and end', async () => {
  const { roomId, from, transport, phone, producerId } = await sending(['PCMU'], 7002);
  const { to, phone: other, consumer } = await receiving(roomId, producerId);
  const mine = { ...to, consumerId: consumer.id };
  using _talking = phone.talk(transport);
  await other.hears();
  expect((await controller.ask('pauseEndpointConsumer', mine)).paused).toBe(true);
  expect((await controller.ask('pauseEndpointProducer', { ...from, producerId })).paused).toBe(true);
  expect((await controller.ask('getEndpoint', to)).consumers).toMatchObject([
    { paused: true, producerPaused: true },
  ]);
  await controller.ask('resumeEndpointProducer', { ...from, producerId });
  await controller.ask('resumeEndpointConsumer', mine);
  const { length } = other.received;
  await other.hears((packet) => other.received.indexOf(packet) >= length);
  await controller.ask('requestEndpointKeyFrame', mine);
  await controller.ask('closeEndpointConsumer', mine);
  expect(await controller.codeOf('closeEndpointConsumer', mine)).toBe('not_found');
  await controller.ask('closeEndpointProducer', { ...from, producerId });
  expect((await controller.ask('getEndpoint', from)).producers).toEqual([]);
});

test('SRTP with comedia: keys are exchanged, the address is learned from encrypted packets alone', async () => {
  const { roomId, phone, transport, producerId } = await sending(['PCMU'], 7003);
  const out = { roomId, peerId: 'bridge' };
  await controller.ask('createEndpoint', out);
  const near = await controller.ask('openPlainTransport', { ...out, comedia: false });
  const { id: elsewhere } = await controller.ask('createSession', { codecs: ['PCMU'] });
  const into = { roomId: elsewhere, peerId: 'bridge' };
  await controller.ask('createEndpoint', into);
  const far = await controller.ask('openPlainTransport', into);
  expect(far.srtpParameters?.cryptoSuite).toBe('AES_CM_128_HMAC_SHA1_80');
  const consumer = await controller.ask('consume', { ...out, transportId: near.id, producerId });
  const { rtpParameters } = consumer;
  const arrived = { ...into, transportId: far.id, kind: 'audio', rtpParameters } as const;
  const { id: bridged } = await controller.ask('produce', arrived);
  const { phone: listener } = await receiving(elsewhere, bridged);
  const srtpParameters = near.srtpParameters ?? undefined;
  await controller.ask('connectTransport', { ...into, transportId: far.id, srtpParameters });
  // Whoever does not have the key is not taken for the other side.
  using stranger = await Phone.open(rtpParameters.encodings?.[0]?.ssrc ?? 0);
  for (let count = 0; count < 5; count += 1) stranger.send(far);
  await controller.ask('connectTransport', {
    ...out,
    transportId: near.id,
    ip: far.ip,
    port: far.port,
    srtpParameters: far.srtpParameters ?? undefined,
  });
  using _talking = phone.talk(transport, { payload: speech });
  expect((await listener.hears()).payload).toEqual(speech);
  const [learned] = (await controller.ask('getEndpoint', into)).transports;
  expect(learned).toMatchObject({ remoteIp: '127.0.0.1', remotePort: near.port });
});

test('nothing is sent to where nothing came from', async () => {
  const { roomId, phone, transport, producerId } = await sending(['PCMU'], 7004);
  const quiet = { roomId, peerId: 'quiet' };
  await controller.ask('createEndpoint', quiet);
  const learning = await controller.ask('openPlainTransport', { ...quiet, srtp: 'none' });
  const consumer = await controller.ask('consume', { ...quiet, transportId: learning.id, producerId });
  const { phone: witness } = await receivingBeside(roomId, producerId);
  using _talking = phone.talk(transport);
  await witness.hears(() => witness.received.length > 10);
  const sent = async () => {
    const ref = { ...quiet, transportId: learning.id };
    const { stats } = await controller.ask('getEndpointTransportStats', ref);
    return Number(stats[0]?.bytesSent);
  };
  expect(await sent()).toBe(0);
  using other = await Phone.open(7005);
  other.send(learning);
  const heard = await other.hears();
  expect(heard.ssrc).toBe(consumer.rtpParameters.encodings?.[0]?.ssrc ?? 0);
  expect(await sent()).toBeGreaterThan(0);
});

async function receivingBeside(roomId: string, producerId: string) {
  // A session is for two; this one is looked at from outside.
  server.sfu.changeRoom({ roomId, changes: { maxPeers: 3 }, by: { kind: 'api', id: 'test' } });
  return await receiving(roomId, producerId);
}

test('addresses that cannot be right or are not allowed are refused, and what sends from there is cut off', async () => {
  const ref = { roomId: 'strangers', peerId: 'gateway' };
  await controller.ask('createEndpoint', ref);
  const told = await controller.ask('openPlainTransport', { ...ref, comedia: false, srtp: 'none' });
  const connect = (remote: { ip?: string; port?: number }, transportId = told.id) =>
    controller.codeOf('connectTransport', { ...ref, transportId, ...remote });
  expect(await connect({ ip: '192.0.2.1', port: 4000 })).toBe('forbidden');
  expect(await connect({ ip: 'localhost', port: 4000 })).toBe('invalid_params');
  expect(await connect({ ip: '127.0.0.1' })).toBe('invalid_params');
  expect(await connect({ ip: '127.0.0.1', port: 0 })).toBe('invalid_params');
  expect(await connect({ ip: '127.0.0.1', port: 4000 })).toBe('done');
  expect(await connect({ ip: '127.0.0.1', port: 4001 })).toBe('wrong_state');
  const learning = await controller.ask('openPlainTransport', { ...ref, srtp: 'none' });
  expect(await connect({ ip: '127.0.0.1', port: 4000 }, learning.id)).toBe('invalid_params');
  using stranger = await Phone.open(1, '127.0.0.2');
  using _talking = stranger.talk(learning);
  const notice = await controller.client.waitFor('transportClosed', ({ reason }) => reason === 'not_allowed');
  expect(notice).toEqual({ ...ref, transportId: learning.id, reason: 'not_allowed' });
});

test('an endpoint of another program, a WebRTC transport and an unknown id are not to be found', async () => {
  const ref = { roomId: 'unknown', peerId: 'gateway' };
  await controller.ask('createEndpoint', ref);
  expect(await controller.codeOf('closeEndpointTransport', { ...ref, transportId: 'none' })).toBe(
    'not_found',
  );
  expect(await controller.codeOf('getEndpoint', { ...ref, peerId: 'nobody' })).toBe('not_found');
  expect(await controller.codeOf('getEndpoint', { ...ref, roomId: 'nowhere' })).toBe('not_found');
  const { id: transportId } = await controller.ask('openPlainTransport', { ...ref, srtp: 'none' });
  const nothing = { ...ref, transportId, producerId: 'none' };
  expect(await controller.codeOf('consume', nothing)).toBe('not_found');
});
