import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { capabilitiesFor } from '../../../src/sfu/quirks/consumer-capabilities.ts';
import { microphone, opus, RealWorker } from './real-worker.ts';

test('consuming still reads every codec that a receiver has, needed or not', async () => {
  using real = await RealWorker.start();
  const router = await real.router(opus, { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 });
  const { id: producerId } = await microphone(router);
  const transport = await router.createDirectTransport();
  let readings = 0;
  const [needed, ...others] = router.rtpCapabilities.codecs ?? [];
  const watched = others.map((codec) =>
    Object.defineProperty({ ...codec }, 'parameters', {
      enumerable: true,
      get() {
        readings += 1;
        return codec.parameters;
      },
    }),
  );
  const rtpCapabilities: types.RtpCapabilities = {
    codecs: needed ? [needed, ...watched] : [],
    headerExtensions: [],
  };
  const part = capabilitiesFor(rtpCapabilities, 'opus');
  readings = 0;
  const short = await transport.consume({ producerId, rtpCapabilities: part });
  expect(readings).toBe(0);
  const long = await transport.consume({ producerId, rtpCapabilities });
  expect(readings).toBeGreaterThan(0);
  expect(short.rtpParameters.codecs).toEqual(long.rtpParameters.codecs);
});
