import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { camera as benchCamera } from '../../../bench/loads/rtp.ts';
import { mediaCodecs } from '../../../src/sfu/media/codecs.ts';
import { shareConsumable } from '../../../src/sfu/quirks/consumable-parameters.ts';
import { microphone, opus, RealWorker } from './real-worker.ts';

// The load's types are looser than mediasoup's.
const camera = benchCamera as types.RtpParameters;

/** What a consumer sends, without what is drawn anew for each. */
function withoutIds({ mid: _mid, encodings = [], ...rest }: types.RtpParameters) {
  return { ...rest, encodings: encodings.map(({ ssrc: _ssrc, rtx: _rtx, ...encoding }) => encoding) };
}

test('a producer still copies its consumable parameters at each reading', async () => {
  using real = await RealWorker.start();
  const producer = await microphone(await real.router(opus));
  expect(producer.consumableRtpParameters).not.toBe(producer.consumableRtpParameters);
});

test('consumers of shared parameters get what they get of parameters that are copied', async () => {
  using real = await RealWorker.start();
  const router = await real.router(...mediaCodecs(['opus', 'VP8', 'H264']));
  const { rtpCapabilities } = router;
  const listenInfos = [{ protocol: 'udp', ip: '127.0.0.1' } as const];
  const transport = await router.createWebRtcTransport({ listenInfos });
  const producer = await transport.produce({ kind: 'video', rtpParameters: camera });
  const consume = async () =>
    (await transport.consume({ producerId: producer.id, rtpCapabilities })).rtpParameters;
  const before = await consume();
  shareConsumable(producer);
  const [first, second] = [await consume(), await consume()];
  expect(withoutIds(first)).toEqual(withoutIds(before));
  expect(withoutIds(second)).toEqual(withoutIds(before));
  expect(producer.consumableRtpParameters).toBe(producer.consumableRtpParameters);
  expect(() => producer.consumableRtpParameters.codecs.pop()).toThrow(TypeError);
});
