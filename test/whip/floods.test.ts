import { expect, test } from 'bun:test';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { call, open, sessionPath } from './whip-client.ts';

/** Clients come through a proxy that names their addresses. */
const behindProxy = { ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.1' };

async function headersFor(peerId: string, address: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await tokenFor('room', peerId)}`, 'x-forwarded-for': address };
}

async function codesOf(responses: readonly Response[]): Promise<string[]> {
  const bodies = responses.map(async (response) =>
    response.ok ? 'opened' : ((await response.json()) as { code: string }).code,
  );
  return (await Promise.all(bodies)).sort();
}

test('one token does not fill a room with players, and its own publisher comes back beside them', async () => {
  await using server = await startServer({
    ...behindProxy,
    TUREEN_MAX_SESSIONS_PER_SUBJECT: '3',
    TUREEN_MAX_PEERS_PER_ROOM: '8',
  });
  const headers = await headersFor('alice', '198.51.100.1');
  await open(server, '/whip/room', { headers });
  const play = () => open(server, '/whep/room', { offer: 'chromium-player', headers });
  const opened = await Promise.all(Array.from({ length: 6 }, play));
  expect(await codesOf(opened.map((response) => response.clone()))).toEqual([
    ...Array.from({ length: 3 }, () => 'limit_reached'),
    ...Array.from({ length: 3 }, () => 'opened'),
  ]);
  const refused = opened.find(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('10');
  expect(server.sfu.room('room').peers.size).toBe(4);
  expect((await open(server, '/whip/room', { headers })).status).toBe(201);
  // The players ended with what they watched, and others may come.
  expect((await play()).status).toBe(201);
});

test('a player that ends, and an offer that is refused, make room for the next', async () => {
  await using server = await startServer({ ...behindProxy, TUREEN_MAX_SESSIONS_PER_SUBJECT: '1' });
  await open(server, '/whip/room', { headers: await headersFor('camera', '198.51.100.1') });
  const headers = await headersFor('alice', '198.51.100.2');
  const play = (offer: string) => open(server, '/whep/room', { offer, headers });
  for (let count = 0; count < 3; count += 1) expect((await play('chromium-camera')).status).toBe(422);
  const player = sessionPath(await play('chromium-player'));
  expect((await play('chromium-player')).status).toBe(429);
  expect((await call(server, player, { method: 'DELETE' })).status).toBe(200);
  expect((await play('chromium-player')).status).toBe(201);
});

test('one address does not fill a room with many tokens, in IPv6 one /64', async () => {
  await using server = await startServer({ ...behindProxy, TUREEN_MAX_SESSIONS_PER_ADDRESS: '2' });
  const publish = async (peerId: string, address: string) =>
    open(server, '/whip/room', { headers: await headersFor(peerId, address), offer: 'obs-h264' });
  expect((await publish('a', '2001:db8::1')).status).toBe(201);
  expect((await publish('b', '2001:db8::2')).status).toBe(201);
  expect(await codesOf([await publish('c', '2001:db8::3')])).toEqual(['limit_reached']);
  // Who comes again takes the place of who was there.
  expect((await publish('a', '2001:db8::4')).status).toBe(201);
  expect((await publish('c', '2001:db8:0:1::1')).status).toBe(201);
});

test('sessions that never connect are gone after ten seconds, and count no longer', async () => {
  const clock = new TestClock();
  await using server = await startServer({ ...behindProxy, TUREEN_MAX_SESSIONS_PER_ADDRESS: '2' }, { clock });
  const publish = async (peerId: string) => {
    const authorization = `Bearer ${await tokenFor('room', peerId, { now: clock.now() })}`;
    const headers = { authorization, 'x-forwarded-for': '198.51.100.1' };
    return await open(server, '/whip/room', { headers, offer: 'obs-h264' });
  };
  expect([(await publish('a')).status, (await publish('b')).status]).toEqual([201, 201]);
  expect((await publish('c')).status).toBe(429);
  clock.advance(10_000);
  expect(server.sfu.room('room').peers.size).toBe(0);
  expect((await publish('c')).status).toBe(201);
});

test('who asks too fast is refused before the token is looked at, and told when to come again; others go on', async () => {
  const clock = new TestClock();
  await using server = await startServer(
    { ...behindProxy, TUREEN_ADDRESS_REQUESTS_PER_SECOND: '2' },
    { clock },
  );
  const ways: [string, RequestInit][] = [
    ['/whip/room', { method: 'POST', body: 'v=0', headers: { 'content-type': 'application/sdp' } }],
    ['/whep/room', { method: 'POST', body: 'v=0', headers: { 'content-type': 'application/sdp' } }],
    ['/whip/room/session', { method: 'PATCH', body: 'a=x' }],
    ['/api/v1/rooms', {}],
    ['/rooms/room', {}],
    ['/admin/live/rooms', { method: 'GET' }],
    ['/whep/room/session/events', { method: 'GET' }],
    ['/rooms/room/broadcasters', { method: 'POST', body: '{}' }],
  ];
  for (const [index, [path, init]] of ways.entries()) {
    const ask = async (address: string) => {
      const headers = { ...(init.headers as Record<string, string>), 'x-forwarded-for': address };
      return await fetch(`http://127.0.0.1:${server.port}${path}`, { ...init, headers, redirect: 'manual' });
    };
    const client = `198.51.100.${index}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(client)));
    const refused = answers.filter(({ status }) => status === 429);
    // A session that is opened counts as four of the ten.
    const passed = init.method === 'POST' && init.headers ? 2 : 10;
    expect([path, refused.length]).toEqual([path, 20 - passed]);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect([path, (await ask('203.0.113.1')).status === 429]).toEqual([path, false]);
    clock.advance(2000);
    expect([path, (await ask(client)).status === 429]).toEqual([path, false]);
    clock.advance(60_000);
  }
});
