import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { followThinDownlink } from '../../src/sfu/rooms/thin-downlink.ts';
import { TestClock } from '../support/clock.ts';
import { RealWorker } from './quirks/real-worker.ts';

const vp8: types.RouterRtpCodecCapability = { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 };

/** A receiver of a camera in three sizes, of which a test says what the worker sends of them. */
async function receiver(real: RealWorker) {
  const router = await real.router(vp8);
  const sending = await router.createDirectTransport();
  const camera = await sending.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }],
      encodings: [1, 2, 3].map((ssrc) => ({ ssrc, scalabilityMode: 'L1T3' })),
    },
  });
  const receiving = await router.createDirectTransport();
  const consumer = await receiving.consume({
    producerId: camera.id,
    rtpCapabilities: router.rtpCapabilities,
  });
  const forgotten = { times: 0 };
  consumer.observer.on('resume', () => {
    forgotten.times += 1;
  });
  const sends = (spatialLayer: number | undefined) =>
    consumer.safeEmit('layerschange', spatialLayer === undefined ? undefined : { spatialLayer });
  const scored = (score: number) =>
    Object.defineProperty(consumer, 'score', {
      value: { score: 10, producerScore: score, producerScores: [score, score, score] },
      configurable: true,
    });
  scored(10);
  /** After all that was asked of the worker before, and what it said meanwhile, which comes some turns after its answer. */
  const times = async () => {
    await consumer.getStats();
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    return forgotten.times;
  };
  return { consumer, sends, scored, times };
}

test('what was sent of a larger picture is forgotten when a smaller one follows, but not all the time', async () => {
  using real = await RealWorker.start();
  const { consumer, sends, times } = await receiver(real);
  const clock = new TestClock();
  followThinDownlink({ consumer, held: false }, clock);
  for (const size of [0, 1, 2]) sends(size);
  expect(await times()).toBe(0);
  sends(1);
  expect(await times()).toBe(1);
  sends(2);
  sends(0);
  expect(await times()).toBe(1);
  clock.advance(11_000);
  sends(2);
  sends(0);
  expect(await times()).toBe(2);
});

test('a smaller picture that the receiver asked for is no lack of bandwidth', async () => {
  using real = await RealWorker.start();
  const { consumer, sends, times } = await receiver(real);
  await consumer.setPreferredLayers({ spatialLayer: 0 });
  followThinDownlink({ consumer, held: false }, new TestClock());
  sends(2);
  sends(0);
  expect(await times()).toBe(0);
});

test('a picture that is sent in no size is tried again, as long as it is wanted and its sender sends it', async () => {
  using real = await RealWorker.start();
  const { consumer, sends, scored, times } = await receiver(real);
  const clock = new TestClock();
  const subscription = { consumer, held: false };
  followThinDownlink(subscription, clock);
  sends(0);
  sends(undefined);
  expect(await times()).toBe(1);
  // Its own pause makes the worker say so again.
  sends(undefined);
  clock.advance(3000);
  expect(await times()).toBe(2);
  subscription.held = true;
  clock.advance(3000);
  expect(await times()).toBe(2);
  subscription.held = false;
  scored(0);
  clock.advance(3000);
  expect(await times()).toBe(2);
  scored(10);
  clock.advance(3000);
  expect(await times()).toBe(3);
  sends(0);
  clock.advance(9000);
  expect(await times()).toBe(3);
  // One that was paused is left alone.
  subscription.held = true;
  sends(undefined);
  clock.advance(9000);
  expect(await times()).toBe(3);
});
