import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { forgetSentPackets } from '../../../src/sfu/quirks/retransmissions.ts';
import { until } from '../../support/until.ts';
import { packet, RealWorker } from './real-worker.ts';

const picture = 96;
const vp8: types.RouterRtpCodecCapability = {
  kind: 'video',
  mimeType: 'video/VP8',
  clockRate: 90_000,
  preferredPayloadType: picture,
};

/** A generic NACK (RFC 4585, section 6.2.1) for one packet. */
function nack(ssrc: number, sequence: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(0x81cd0003, 0);
  bytes.writeUInt32BE(ssrc, 8);
  bytes.writeUInt16BE(sequence, 12);
  return bytes;
}

test('a worker still sends a packet again as often as it is asked, until it is made to forget it', async () => {
  using real = await RealWorker.start();
  const router = await real.router(vp8);
  const sending = await router.createDirectTransport();
  const camera = await sending.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: picture, clockRate: 90_000 }],
      encodings: [{ ssrc: 1 }],
    },
  });
  const receiving = await router.createDirectTransport();
  const consumer = await receiving.consume({
    producerId: camera.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  const { encodings: [encoding] = [], codecs } = consumer.rtpParameters;
  const again = codecs.find(({ mimeType }) => mimeType === 'video/rtx');
  const sent: Buffer[] = [];
  consumer.on('rtp', (bytes) => void sent.push(bytes));
  /** Sends a picture, after which everything is there that was asked for before. @returns its sequence number */
  const send = async (sequence: number) => {
    const arrives = new Promise<Buffer>((resolve) => void consumer.once('rtp', resolve));
    const bytes = packet(picture, sequence);
    // A descriptor of VP8 (RFC 7741) that begins a key frame, which every stream has to begin with.
    bytes.fill(0, 12).writeUInt8(0x10, 12);
    camera.send(bytes);
    return (await arrives).readUInt16BE(2);
  };
  const repeats = () => sent.filter((bytes) => (bytes.readUInt8(1) & 0x7f) === again?.payloadType).length;
  const ask = (sequence: number) => receiving.sendRtcp(nack(encoding?.ssrc ?? 0, sequence));
  const first = await send(1);
  // Not twice within one round trip, for which the worker takes 100 milliseconds as long as it knows none.
  const isRepeated = () => {
    ask(first);
    return repeats() >= 3;
  };
  await until(isRepeated, 'the third repetition');
  await forgetSentPackets(consumer);
  expect(consumer.paused).toBe(false);
  const before = repeats();
  let asked = 0;
  const isAsked = () => {
    ask(first);
    asked += 1;
    return asked > 50;
  };
  await until(isAsked, 'requests for longer than a round trip');
  await send(2);
  expect(repeats()).toBe(before);
});
