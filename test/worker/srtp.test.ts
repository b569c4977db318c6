import { afterAll, beforeAll, expect, test } from 'bun:test';
import * as mediasoup from 'mediasoup';
import type {
  PlainTransport,
  Router,
  RouterRtpCodecCapability,
  RtpParameters,
  SrtpCryptoSuite,
  Worker,
} from 'mediasoup/types';
import { realWorker } from './fixtures.ts';

const OPUS: RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48000,
  channels: 2,
};
const SSRC = 1234;
const PACKETS = 50;

let worker: Worker;

beforeAll(async () => {
  worker = await mediasoup.createWorker({ workerBin: realWorker });
});

afterAll(() => worker.close());

function createTransport(router: Router, srtpCryptoSuite: SrtpCryptoSuite): Promise<PlainTransport> {
  return router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    rtcpMux: true,
    enableSrtp: true,
    srtpCryptoSuite,
  });
}

async function connect(from: PlainTransport, to: PlainTransport): Promise<void> {
  await from.connect({ ip: '127.0.0.1', port: to.tuple.localPort, srtpParameters: to.srtpParameters });
}

/** An RTP packet whose payload tells its number. */
function makePacket(payloadType: number, number: number): Buffer {
  const packet = Buffer.alloc(12 + 160, number);

  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(payloadType, 1);
  packet.writeUInt16BE(number, 2);
  packet.writeUInt32BE(number * 960, 4);
  packet.writeUInt32BE(SSRC, 8);

  return packet;
}

/** Leads audio from one router to another through two transports that speak SRTP. */
async function createPath(suite: SrtpCryptoSuite) {
  const [near, far] = await Promise.all([
    worker.createRouter({ mediaCodecs: [OPUS] }),
    worker.createRouter({ mediaCodecs: [OPUS] }),
  ]);
  const [out, back] = await Promise.all([createTransport(near, suite), createTransport(far, suite)]);

  await Promise.all([connect(out, back), connect(back, out)]);

  const rtpParameters: RtpParameters = {
    codecs: [{ mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc: SSRC }],
  };
  const source = await (await near.createDirectTransport()).produce({ kind: 'audio', rtpParameters });
  const sent = await out.consume({ producerId: source.id, rtpCapabilities: near.rtpCapabilities });
  const received = await back.produce({ kind: 'audio', rtpParameters: sent.rtpParameters });
  const sink = await (await far.createDirectTransport()).consume({
    producerId: received.id,
    rtpCapabilities: far.rtpCapabilities,
  });

  return { near, far, source, sink };
}

test.each<SrtpCryptoSuite>([
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
])('media that was protected with %s by one transport is understood by another', async (suite) => {
  const { near, far, source, sink } = await createPath(suite);
  const payloads: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();

  sink.on('rtp', (packet) => {
    payloads.push(packet.at(-1) ?? -1);

    if (payloads.length === PACKETS) {
      resolve();
    }
  });

  for (let number = 0; number < PACKETS; number++) {
    source.send(makePacket(100, number));
  }

  await promise;
  expect(payloads).toEqual(Array.from({ length: PACKETS }, (_, number) => number));
  near.close();
  far.close();
});
