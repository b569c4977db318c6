import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { disguised, telephoneEventCodecs, undisguised } from '../../../src/sfu/quirks/telephone-events.ts';
import { ear, microphone, opus, packet, RealWorker, voice } from './real-worker.ts';

const telephoneEvent: types.RtpCodecParameters = {
  mimeType: 'audio/telephone-event',
  payloadType: 126,
  clockRate: 48000,
  channels: 1,
};

/** Sends a key between packets of voice. @returns the MIME types of what arrived, in order */
async function heardOf(
  real: RealWorker,
  keys: types.RouterRtpCodecCapability,
  sent: types.RtpCodecParameters,
) {
  const router = await real.router(opus, keys);
  const producer = await microphone(router, sent);
  const { consumer, packets, next } = await ear(router, producer);
  const mimeTypes = () => packets.map((bytes) => mimeTypeOf(consumer, bytes));
  const voices = () => mimeTypes().filter((mimeType) => mimeType === 'audio/opus').length;
  // A stream begins with its voice, and packets keep their order.
  for (const [index, payloadType] of [voice, sent.payloadType, voice].entries())
    producer.send(packet(payloadType, index));
  while (voices() < 2) await next();
  return mimeTypes();
}

function mimeTypeOf({ rtpParameters }: types.Consumer, bytes: Buffer): string | undefined {
  const payloadType = (bytes[1] ?? 0) & 0x7f;
  return undisguised(rtpParameters).codecs.find((codec) => codec.payloadType === payloadType)?.mimeType;
}

test('a worker still drops telephone events that are sent under their own name', async () => {
  using real = await RealWorker.start();
  const keys: types.RouterRtpCodecCapability = {
    kind: 'audio',
    mimeType: 'audio/telephone-event',
    clockRate: 48000,
  };
  expect(await heardOf(real, keys, telephoneEvent)).toEqual(['audio/opus', 'audio/opus']);
});

test('a worker forwards telephone events that are disguised', async () => {
  using real = await RealWorker.start();
  const [keys] = telephoneEventCodecs([48000]);
  const [sent] = disguised({ codecs: [telephoneEvent] }).codecs;
  if (!keys || !sent) throw new Error('there is nothing to disguise them as');
  expect(await heardOf(real, keys, sent)).toEqual(['audio/opus', 'audio/telephone-event', 'audio/opus']);
});
