import { expect, test } from 'bun:test';
import { type Random, seededRandom } from '../support/random.ts';
import { logLines, startServer } from '../support/server.ts';
import { call, offerNames, offerOf, open, sessionPath } from './whip-client.ts';

const strange = [
  '',
  '0',
  '-1',
  '99999999999999999999',
  'NaN',
  '__proto__',
  '\u0000',
  'ü',
  '%s',
  '*',
  ';;=;',
  ' '.repeat(500),
];

const failed = 'a WHIP or WHEP request failed';

/** A description with a few lines lost, doubled, moved or changed. */
function mutated(text: string, random: Random): string {
  const lines = text.split('\r\n');
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const at = random.below(lines.length);
    const line = lines[at] ?? '';
    const words = line.split(/(?<=[ :;=/])/);
    const changes = [
      () => lines.splice(at, 1),
      () => lines.splice(at, 0, line),
      () => lines.splice(random.below(lines.length), 0, ...lines.splice(at, 1)),
      () => lines.splice(at, lines.length),
      () => lines.splice(at, 1, line.slice(0, random.below(line.length + 1))),
      () => {
        words[random.below(words.length)] = random.pick(strange);
        lines[at] = words.join('');
      },
    ];
    random.pick(changes)();
  }
  return lines.join('\r\n');
}

test('descriptions that were mutilated are taken or refused, and never a mistake of the server', async () => {
  const limits = { TUREEN_MAX_PEERS_PER_ROOM: '10000', TUREEN_WHIP_CONNECT_SECONDS: '120' };
  await using server = await startServer(limits);
  const random = seededRandom('descriptions');
  const publishers = await Promise.all((await offerNames('publishers')).map(offerOf));
  const players = await Promise.all((await offerNames('players')).map(offerOf));
  await open(server, '/whip/room?peerId=camera', { offer: 'chromium-simulcast' });
  const seen = new Map<number, number>();
  const count = async (response: Response) => {
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    if (response.status >= 500) throw new Error(logLines.findLast((line) => line.includes(failed)));
  };
  const publisher = () => server.sfu.room('room').peers.get('fuzz')?.sessionId;
  for (let round = 0; round < 150; round += 1) {
    const before = publisher();
    const body = mutated(random.pick(publishers), random);
    const response = await open(server, '/whip/room?peerId=fuzz', { body });
    await count(response);
    // Only an offer that is taken replaces the session that the peer has.
    expect([body, response.status, publisher() === before]).toEqual([
      body,
      response.status,
      response.status !== 201,
    ]);
    const query = random.pick(['', '?offer=server']);
    await count(await open(server, `/whep/room${query}`, { body: mutated(random.pick(players), random) }));
  }
  // The mutations are of use only when some are taken and some are not.
  for (const status of [201, 400, 422]) expect(seen.get(status) ?? 0).toBeGreaterThan(10);
  expect(server.sfu.peer('room', 'camera').publications.size).toBe(2);
});

test('fragments that were mutilated are taken or refused', async () => {
  await using server = await startServer();
  const random = seededRandom('fragments');
  const path = sessionPath(await open(server, '/whip/room?peerId=camera'));
  const fragment =
    'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n';
  for (let round = 0; round < 150; round += 1) {
    const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' };
    const response = await call(server, path, { method: 'PATCH', body: mutated(fragment, random), headers });
    expect([200, 204, 400]).toContain(response.status);
  }
});
