import { expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { mayCarryMid, unreadMid } from '../../../src/sfu/quirks/mids.ts';
import { ear, microphone, opus, packet, RealWorker, voice } from './real-worker.ts';

/** The text of the packet that a consumer with this MID gets. */
async function sentWith(mid: string, options: { rtpCapabilities?: types.RtpCapabilities } = {}) {
  using real = await RealWorker.start();
  const router = await real.router(opus);
  const producer = await microphone(router);
  const { next } = await ear(router, producer, { mid, ...options });
  const arrived = next();
  producer.send(packet(voice, 1));
  return (await arrived).toString('latin1');
}

test('a worker still has room for eight bytes of MID only', async () => {
  expect(mayCarryMid('eightmid')).toBe(true);
  expect(await sentWith('eightmid')).toContain('eightmid');
  expect(mayCarryMid('ninebytes')).toBe(false);
  expect(await sentWith('ninebytes')).not.toContain('ninebyte');
});

test('a worker still writes the MID for receivers that did not agree on it', async () => {
  const mid = unreadMid('audio');
  const rtpCapabilities = { codecs: [{ ...opus, preferredPayloadType: 100 }], headerExtensions: [] };
  expect(await sentWith(mid, { rtpCapabilities })).toContain(mid);
});
