import { expect, test } from 'bun:test';
import * as ortc from 'mediasoup/ortc';
import type { SfuError } from '../../src/core/errors.ts';
import { checkTracks } from '../../src/sfu/media/rtp-check.ts';

const opus = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 } as const;
const capabilities = ortc.generateRouterRtpCapabilities([opus]);

function audioOf(ssrcs: readonly number[]) {
  const { mimeType, clockRate, channels } = opus;
  const encodings = ssrcs.map((ssrc) => ({ ssrc }));
  return {
    kind: 'audio' as const,
    rtpParameters: { mid: '0', codecs: [{ mimeType, clockRate, channels, payloadType: 111 }], encodings },
  };
}

function refusalOf(ssrcs: readonly number[]): SfuError {
  try {
    checkTracks([audioOf(ssrcs)], capabilities);
  } catch (error) {
    return error as SfuError;
  }
  throw new Error('the tracks were taken');
}

test('audio of one stream is taken, and of several it is refused before anything is opened', () => {
  checkTracks([audioOf([1])], capabilities);
  expect(refusalOf([1, 2])).toMatchObject({
    code: 'media_rejected',
    message: expect.stringContaining('several encodings'),
  });
});

test('a stream that is there twice is refused', () => {
  const twice = () => checkTracks([audioOf([7]), audioOf([7])], capabilities);
  expect(twice).toThrow('the SSRC 7 is used twice');
});
