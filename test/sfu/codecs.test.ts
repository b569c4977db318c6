import { expect, test } from 'bun:test';
import { createWorker, type types } from 'mediasoup';
import { camera as benchCamera } from '../../bench/loads/rtp.ts';
import {
  capabilitiesFor,
  mediaCodecs,
  shareCapabilities,
  shareConsumable,
} from '../../src/sfu/media/codecs.ts';

// The load's types are looser than mediasoup's.
const camera = benchCamera as types.RtpParameters;

/** What a consumer sends, without what is drawn anew for each. */
function withoutIds({ mid: _mid, encodings = [], ...rest }: types.RtpParameters) {
  return { ...rest, encodings: encodings.map(({ ssrc: _ssrc, rtx: _rtx, ...encoding }) => encoding) };
}

test('consumers of shared parameters get what they get of parameters that are copied', async () => {
  const worker = await createWorker({ logLevel: 'none' });
  try {
    const router = await worker.createRouter({ mediaCodecs: mediaCodecs(['opus', 'VP8', 'H264']) });
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
  } finally {
    worker.close();
  }
});

test('clients that can receive the same share one list, and what is taken from it for a codec', () => {
  const chromium = () =>
    ({ codecs: mediaCodecs(['opus', 'VP8']), headerExtensions: [] }) as types.RtpCapabilities;
  const first = shareCapabilities(chromium());
  const second = shareCapabilities(chromium());
  expect(second).toBe(first);
  expect(second).toEqual(chromium());
  expect(capabilitiesFor(second, 'vp8')).toBe(capabilitiesFor(first, 'vp8'));
  expect(() => first.codecs?.pop()).toThrow(TypeError);
  const other = shareCapabilities({
    codecs: mediaCodecs(['opus']),
    headerExtensions: [],
  } as types.RtpCapabilities);
  expect(other).not.toBe(first);
});
