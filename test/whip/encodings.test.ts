import { describe, expect, test } from 'bun:test';
import { parse } from 'sdp-transform';
import { encodingsOf } from '../../src/whip/sdp/encodings.ts';
import { readOffer } from '../../src/whip/sdp/offer.ts';
import { offerOf } from './whip-client.ts';

/** A video section with these lines more. */
function section(...lines: string[]) {
  const text = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', ...lines];
  const [media] = parse(`${text.join('\r\n')}\r\n`).media;
  if (!media) throw new Error('there is no section');
  return media;
}

const simulcast = (list: string, params: Record<string, string> = {}) =>
  section(
    ...list.split(/[;,]/).map((rid) => `a=rid:${rid} send${params[rid] ? ` ${params[rid]}` : ''}`),
    `a=simulcast:send ${list}`,
  );
const order = (media: ReturnType<typeof section>) =>
  encodingsOf(media, true).map(({ rid, ssrc }) => rid ?? ssrc);

describe('the layers of a section, the lowest first', () => {
  test('names that are in use tell', () => {
    expect(order(simulcast('h;m;l'))).toEqual(['l', 'm', 'h']);
    expect(order(simulcast('q;h;f'))).toEqual(['q', 'h', 'f']);
    expect(order(simulcast('high;low'))).toEqual(['low', 'high']);
    expect(order(simulcast('r0;r1;r2'))).toEqual(['r0', 'r1', 'r2']);
  });

  test('restrictions of the size tell more than names', () => {
    const params = { l: 'max-width=1280', h: 'max-width=320' };
    expect(order(simulcast('l;h', params))).toEqual(['h', 'l']);
  });

  test('else the first is the one that the sender prefers', () => {
    expect(order(simulcast('0;1;2'))).toEqual(['2', '1', '0']);
    expect(order(simulcast('a;b'))).toEqual(['b', 'a']);
  });

  test('the first of alternatives is taken', () => {
    expect(order(simulcast('l,m;h'))).toEqual(['l', 'h']);
  });

  test('a group of SSRCs is in order, each with its retransmission', () => {
    const media = section(
      'a=ssrc-group:SIM 1 2 3',
      'a=ssrc-group:FID 1 11',
      'a=ssrc-group:FID 2 12',
      'a=ssrc-group:FID 3 13',
      ...[1, 2, 3, 11, 12, 13].map((ssrc) => `a=ssrc:${ssrc} cname:x`),
    );
    expect(encodingsOf(media, true)).toEqual(
      [1, 2, 3].map((ssrc) => ({ ssrc, rtx: { ssrc: ssrc + 10 }, scalabilityMode: 'L1T3' })),
    );
    expect(encodingsOf(media, false)[0]).toEqual({ ssrc: 1, scalabilityMode: 'L1T3' });
  });

  test('one stream is the media, not its error correction; and where none is named, the MID has to tell', () => {
    const media = section('a=ssrc-group:FEC-FR 5 6', 'a=ssrc:6 cname:x', 'a=ssrc:5 cname:x');
    expect(encodingsOf(media, true)).toEqual([{ ssrc: 5 }]);
    expect(encodingsOf(section(), true)).toEqual([{}]);
  });

  test('more than eight layers are refused', () => {
    expect(() => encodingsOf(simulcast('1;2;3;4;5;6;7;8;9'), true)).toThrow('9 layers are too many');
  });
});

test('numbers that the parser makes of credentials and mids become texts again', async () => {
  const offer = (await offerOf('chromium-camera'))
    .replaceAll(/a=ice-ufrag:.*\r\n/g, 'a=ice-ufrag:1234\r\n')
    .replaceAll(/a=ice-pwd:.*\r\n/g, 'a=ice-pwd:1234567890123456789012\r\n');
  const { ice, media } = readOffer(offer, 'publish');
  expect(ice).toEqual({ usernameFragment: '1234', password: '1234567890123456789012' });
  expect(media.map(({ mid }) => mid)).toEqual(['0', '1']);
});
