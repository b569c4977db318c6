import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { mediaCodecs, shareCapabilities } from '../../src/sfu/media/codecs.ts';
import { capabilitiesFor } from '../../src/sfu/quirks/consumer-capabilities.ts';

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
