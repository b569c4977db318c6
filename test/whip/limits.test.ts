import { describe, expect, test } from 'bun:test';
import type { types } from 'mediasoup';
import { generateRouterRtpCapabilities } from 'mediasoup/ortc';
import { SfuError } from '../../src/core/errors.ts';
import { mediaCodecs } from '../../src/sfu/media/codecs.ts';
import { encodingsOf } from '../../src/whip/sdp/encodings.ts';
import { readFragment } from '../../src/whip/sdp/fragment.ts';
import { readOffer } from '../../src/whip/sdp/offer.ts';
import { publishedTracks } from '../../src/whip/sdp/published.ts';
import { startServer } from '../support/server.ts';
import { call, offerNames, offerOf, open, sessionPath } from './whip-client.ts';

// Of a copy, as the router makes one: it writes into what it is given.
const capabilities: types.RtpCapabilities = generateRouterRtpCapabilities(
  structuredClone(mediaCodecs(['opus', 'VP8', 'VP9', 'H264', 'AV1'])),
);
/** About what a body may have. */
const bytes = 62_000;

/** An offer with as many of a line as fit into a body, in its last section. */
async function flooded(line: (index: number) => string): Promise<string> {
  const offer = (await offerOf('chromium-simulcast')).trimEnd();
  const lines: string[] = [];
  for (let length = offer.length, index = 0; length < bytes; index += 1) {
    const next = line(index);
    length += next.length + 2;
    lines.push(next);
  }
  return `${[offer, ...lines].join('\r\n')}\r\n`;
}

/** How a text is refused; undefined when it is taken. */
function refusalOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof SfuError) return error.message;
    throw error;
  }
}

const publishing = (text: string) => () => publishedTracks(readOffer(text, 'publish'), capabilities);
const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

const floods: readonly (readonly [string, (index: number) => string, string])[] = [
  ['sections', (index) => `m=audio 9 UDP/TLS/RTP/SAVPF ${index % 128}`, 'more than 16 lines m='],
  ['SSRCs', (index) => `a=ssrc:${index + 1} cname:x`, 'more than 64 lines a=ssrc'],
  ['groups', (index) => `a=ssrc-group:FID ${index} ${index + 1}`, 'more than 16 lines a=ssrc-group'],
  ['members', () => `a=ssrc-group:SIM ${numbers(100).join(' ')}`, '100 members in one a=ssrc-group'],
  ['rids', (index) => `a=rid:r${index} send`, 'more than 32 lines a=rid'],
  ['codecs', (index) => `a=rtpmap:${index} VP8/90000`, 'more than 256 lines a=rtpmap'],
  ['parameters', (index) => `a=fmtp:${index % 128} x=${index}`, 'more than 256 lines a=fmtp'],
  ['feedback', () => 'a=rtcp-fb:* nack', 'more than 512 lines a=rtcp-fb'],
  ['extensions', (index) => `a=extmap:${index % 200} urn:x:${index}`, 'more than 64 lines a=extmap'],
  [
    'candidates',
    (index) => `a=candidate:${index} 1 udp 1 192.0.2.1 9 typ host`,
    'more than 128 lines a=candidate',
  ],
  ['lines', () => 'a=x', 'more than 1000 lines'],
  ['empty lines', () => 'b=', 'more than 1000 lines'],
  ['long lines', () => `a=simulcast:send ${'a;'.repeat(5000)}`, 'a line of 10017 characters'],
  ['payload types', () => `m=video 9 UDP/TLS/RTP/SAVPF ${numbers(20_000).join(' ')}`, 'a line of'],
];

describe('what is counted before anything is derived', () => {
  for (const [name, line, limit] of floods)
    test(name, async () => {
      const text = await flooded(line);
      const started = performance.now();
      expect(refusalOf(publishing(text))).toContain(limit);
      // A sanity check, not a measurement: quadratic work on such a text takes several times as long.
      expect(performance.now() - started).toBeLessThan(200);
    });

  test('lines that just fit are read without work that grows with their square', async () => {
    const starts = [
      'simulcast:send ',
      'fmtp:96 ',
      'candidate:',
      'extmap:',
      'group:',
      'rid:',
      'ssrc:',
      'rtcp-fb:',
    ];
    for (const start of starts)
      for (const part of [' ', ';', '1 ', 'a,', '=', ':', '~;', '\t']) {
        const text = await flooded(() => `a=${start}${part.repeat((2000 - start.length) / part.length)}`);
        const started = performance.now();
        refusalOf(publishing(text));
        expect([start, part, performance.now() - started < 300]).toEqual([start, part, true]);
      }
  });

  test('fragments too', () => {
    const fragment = (line: string, count: number) =>
      `a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n${`${line}\r\n`.repeat(count)}`;
    const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host';
    expect(refusalOf(() => readFragment(fragment(candidate, 100)))).toBeUndefined();
    expect(refusalOf(() => readFragment(fragment(candidate, 200)))).toContain(
      'more than 128 lines a=candidate',
    );
    expect(refusalOf(() => readFragment(fragment('m=audio 9', 17)))).toContain('more than 16 lines m=');
    expect(refusalOf(() => readFragment(fragment('a=x', 1000)))).toContain('more than 1000 lines');
  });

  test('nothing that real clients send comes near', async () => {
    for (const name of await offerNames('publishers'))
      expect([name, refusalOf(publishing(await offerOf(name)))]).toEqual([name, undefined]);
  });
});

test('layers by SSRC are as many as layers by rid, and the groups are read once for all of them', () => {
  const groups = (count: number) => {
    let reads = 0;
    const group = (semantics: string, ssrcs: string) => ({
      semantics,
      get ssrcs() {
        reads += 1;
        return ssrcs;
      },
    });
    const media = numbers(count);
    const ssrcGroups = [
      group('SIM', media.join(' ')),
      ...media.map((ssrc) => group('FID', `${ssrc} ${ssrc + 100}`)),
    ];
    const description = { type: 'video', port: 9, protocol: 'x', rtp: [], fmtp: [], ssrcGroups };
    return { description, reads: () => reads };
  };
  const eight = groups(8);
  const encodings = encodingsOf(eight.description, true);
  expect(encodings.map(({ ssrc, rtx }) => [ssrc, rtx?.ssrc])).toEqual(
    numbers(8).map((one) => [one, one + 100]),
  );
  // All nine once, and the group of the layers once more among those that are no pairs.
  expect(eight.reads()).toBe(10);
  expect(() => encodingsOf(groups(9).description, true)).toThrow('9 layers are too many');
});

describe('an offer that is refused leaves the running session of its peer alone', () => {
  const without = (text: string, pattern: RegExp, instead: string) => {
    const changed = text.replaceAll(pattern, instead);
    if (changed === text) throw new Error(`nothing fits ${pattern}`);
    return changed;
  };

  test('whatever is wrong with it', async () => {
    await using server = await startServer({ TUREEN_MAX_PRODUCERS_PER_PEER: '2' });
    const offer = await offerOf('chromium-camera');
    const path = sessionPath(await open(server, '/whip/room?peerId=camera'));
    const { sessionId } = server.sfu.peer('room', 'camera');
    const [firstSsrc = '', ...otherSsrcs] = new Set(offer.match(/(?<=a=ssrc:)\d+/g));
    const refused: [number, string, string?][] = [
      [422, without(offer, /(opus|VP8|VP9|H264|AV1|H265)\//g, 'other/')],
      [400, without(offer, /a=mid:1/g, 'a=mid:0')],
      [400, without(offer, /a=fingerprint:.*/g, 'a=fingerprint:sha-256 AB:CD')],
      [400, without(offer, /a=ice-pwd:.*\r\n/g, '')],
      [400, without(offer, new RegExp(otherSsrcs.at(-1) ?? '', 'g'), firstSsrc)],
      [422, without(offer, /a=group:BUNDLE.*\r\n/g, '')],
      [400, offer, '&source=camera'],
      [400, offer, '&scalabilityMode=L9'],
    ];
    for (const [status, body, query = ''] of refused) {
      const response = await open(server, `/whip/room?peerId=camera${query}`, { body });
      const { detail } = (await response.json()) as { detail: string };
      expect([detail, response.status]).toEqual([detail, status]);
      expect(server.sfu.peer('room', 'camera').sessionId).toBe(sessionId);
    }
    expect((await call(server, path)).status).toBe(204);
    expect((await open(server, '/whip/room?peerId=camera')).status).toBe(201);
    expect(server.sfu.peer('room', 'camera').sessionId).not.toBe(sessionId);
  });

  test('nor does one that a limit or a moderator refuses', async () => {
    await using server = await startServer({ TUREEN_MAX_PRODUCERS_PER_PEER: '1' });
    const by = { kind: 'admin', id: 'root' } as const;
    await open(server, '/whip/room?peerId=camera', { offer: 'gstreamer-h264' });
    const { sessionId } = server.sfu.peer('room', 'camera');
    expect((await open(server, '/whip/room?peerId=camera')).status).toBe(429);
    server.sfu.setPublish({ roomId: 'room', peerId: 'camera', publish: ['audio'], by });
    const response = await open(server, '/whip/room?peerId=camera', { offer: 'gstreamer-h264' });
    expect(response.status).toBe(403);
    expect(server.sfu.peer('room', 'camera').sessionId).toBe(sessionId);
  });
});
