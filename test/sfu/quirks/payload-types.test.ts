import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { LeasedRouters } from '../../../src/sfu/quirks/payload-types.ts';
import { microphone, opus, RealWorker } from './real-worker.ts';

test('a router still sends a codec to everyone under one payload type, whatever a consumer asks for', async () => {
  using real = await RealWorker.start();
  const router = await real.router({ ...opus, preferredPayloadType: 100 });
  const producer = await microphone(router);
  const transport = await router.createDirectTransport();
  const consume = async (rtpParameters?: types.RtpParameters) => {
    const codecs = [{ ...opus, preferredPayloadType: 120 }];
    const options = { producerId: producer.id, rtpCapabilities: { codecs, headerExtensions: [] } };
    // As the open change of mediasoup would have it.
    const consumer = await transport.consume({ ...options, rtpParameters } as types.ConsumerOptions);
    return consumer.rtpParameters;
  };
  const given = await consume();
  expect(given.codecs[0]?.payloadType).toBe(100);
  const [codec] = given.codecs;
  if (!codec) throw new Error('nothing is sent');
  const wanted = { ...given, codecs: [{ ...codec, payloadType: 120 }] };
  expect((await consume(wanted)).codecs[0]?.payloadType).toBe(100);
});

test('receivers that want the same codecs share a router, which closes with the last of them', async () => {
  using real = await RealWorker.start();
  const leased = new LeasedRouters(async (codecs) => ({ router: await real.router(...codecs) }));
  const [one, same] = await Promise.all([leased.lease([opus]), leased.lease([opus])]);
  const other = await leased.lease([{ ...opus, preferredPayloadType: 120 }]);
  expect(same.roomRouter).toBe(one.roomRouter);
  expect(leased.all).toEqual([one.roomRouter, other.roomRouter]);
  const { router } = one.roomRouter;
  const closed = new Promise<void>((resolve) => router.observer.once('close', resolve));
  one.release();
  expect(router.closed).toBe(false);
  same.release();
  await closed;
  expect(leased.all).toEqual([other.roomRouter]);
});
