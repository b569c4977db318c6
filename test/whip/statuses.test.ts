import { describe, expect, test } from 'bun:test';
import { TestClock } from '../support/clock.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { call, offerOf, open, sessionPath, useServers } from './whip-client.ts';

const start = useServers();

const fragment = 'application/trickle-ice-sdpfrag';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A refusal with its problem details (RFC 9457). */
async function refusalOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = (await response.json()) as { status: number; code: string; detail: string; title: string };
  expect(body.status).toBe(response.status);
  expect(body.detail.length).toBeGreaterThan(10);
  return { status: response.status, code: body.code, detail: body.detail };
}

describe('opening a session for a publisher', () => {
  test('201 names the session, its ETag, what a PATCH takes and the ICE servers', async () => {
    const server = await start({
      TUREEN_ICE_SERVERS: '[{"urls":"stun:stun.example.net"}]',
    });
    const response = await open(server, '/whip/room?peerId=camera&name=Studio');
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(sessionPath(response)).toMatch(/^\/whip\/room\/[\w-]{24}$/);
    expect(response.headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(response.headers.get('accept-patch')).toBe(fragment);
    expect(response.headers.get('link')).toBe('<stun:stun.example.net>; rel="ice-server"');
    const [peer] = server.sfu.snapshot().rooms[0]?.peers ?? [];
    expect(peer).toMatchObject({ id: 'camera', state: 'joined', displayName: 'Studio' });
    expect(peer?.producers.map(({ kind, codec }) => [kind, codec])).toEqual([
      ['audio', 'opus'],
      ['video', 'vp8'],
    ]);
  });

  test('TURN servers come with credentials of their own', async () => {
    const server = await start({
      TUREEN_TURN_URLS: 'turn:turn.example.net?transport=udp',
      TUREEN_TURN_SECRET: 'a-secret-of-the-turn-server',
    });
    const response = await open(server, '/whip/room?peerId=camera');
    expect(response.headers.get('link')).toMatch(
      /^<turn:turn\.example\.net\?transport=udp>; rel="ice-server"; username="\d+:camera"; credential="[^"]+"; credential-type="password"$/,
    );
    const other = await open(server, `/whip/room?peerId=${encodeURIComponent('カメラ')}`);
    expect([other.status, other.headers.get('link')]).toEqual([
      201,
      expect.stringContaining(':%E3%82%AB%E3%83%A1%E3%83%A9"; credential='),
    ]);
  });

  test('400 for what is no description, or lacks what WebRTC needs', async () => {
    const server = await start();
    const good = await offerOf('chromium-camera');
    for (const [body, word] of [
      ['hello', 'v=0'],
      ['', 'v=0'],
      ['v=0\r\ns=-\r\n', 'o='],
      [good.replace(/m=audio[\s\S]*/, ''), 'm= section'],
      [good.replaceAll(/a=ice-ufrag.*\r\n/g, ''), 'ice-ufrag'],
      [good.replaceAll(/a=fingerprint.*\r\n/g, ''), 'fingerprint'],
      [good.replaceAll('sha-256', 'md5'), 'md5'],
      [good.replaceAll('actpass', 'holdconn'), 'holdconn'],
      [good.replace('a=mid:0\r\n', ''), 'a=mid'],
    ]) {
      const refusal = await refusalOf(await open(server, '/whip/room', { body }));
      expect(refusal).toMatchObject({ status: 400, code: 'invalid_sdp' });
      expect(refusal.detail).toContain(word ?? '');
    }
    expect(server.sfu.rooms.size).toBe(0);
  });

  test('422 for what can be read but not served', async () => {
    const server = await start({ TUREEN_CODECS: 'opus,VP8' });
    const good = await offerOf('chromium-camera');
    for (const [body, word] of [
      [good.replaceAll('a=sendonly', 'a=recvonly'), 'recvonly'],
      [good.replaceAll('a=sendonly', 'a=inactive'), 'inactive'],
      [good.replace('m=video', 'm=application'), 'application'],
      [good.replace('m=video', 'm=audio'), 'only one audio'],
      [good.replace('a=group:BUNDLE 0 1', 'a=group:BUNDLE 0'), 'bundle'],
      [good.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'RTP/AVP'],
      [good.replace('a=rtcp-mux\r\n', ''), 'rtcp-mux'],
      [good.replace(/m=video \d+/, 'm=video 0'), 'port 0'],
      [await offerOf('obs-h264'), 'H264'],
    ]) {
      const refusal = await refusalOf(await open(server, '/whip/room?peerId=camera', { body }));
      expect(refusal).toMatchObject({ status: 422, code: 'unacceptable_offer' });
      expect(refusal.detail).toContain(word ?? '');
    }
    const peers = server.sfu.snapshot().rooms.flatMap(({ peers }) => peers);
    expect(peers).toEqual([]);
  });

  test('422 with both sides’ codecs, when they are told apart only by profile or mode', async () => {
    const server = await start();
    const encoder = (await offerOf('obs-h264')).replace('packetization-mode=1;', '');
    const refused = await refusalOf(await open(server, '/whip/room?peerId=encoder', { body: encoder }));
    expect(refused).toMatchObject({ status: 422, code: 'unacceptable_offer' });
    expect(refused.detail).toContain(
      'H264 (profile-level-id=42e01f; packetization-mode=0, as it is not named)',
    );
    expect(refused.detail).toMatch(/offer one of .*H264 \(profile-level-id=42e01f; packetization-mode=1\)/);
    const high = (await offerOf('obs-h264')).replace('profile-level-id=42e01f', 'profile-level-id=640c1f');
    expect((await open(server, '/whip/room?peerId=high', { body: high })).status).toBe(201);
    const player = (await offerOf('obs-h264')).replaceAll('a=sendonly', 'a=recvonly');
    const unplayable = await refusalOf(await open(server, '/whep/room', { body: player }));
    expect(unplayable.detail).toContain('the video is sent as H264 (profile-level-id=640c');
    expect(unplayable.detail).toContain(
      'the player offers H264 (profile-level-id=42e01f; packetization-mode=1)',
    );
  });

  test('400 for hints that are none, 415 for another media type, 413 for a body without end', async () => {
    const server = await start();
    const refused = async (path: string) => await refusalOf(await open(server, path));
    expect(await refused('/whip/room?source=window')).toMatchObject({ status: 400, code: 'invalid_params' });
    expect(await refused('/whip/room?scalabilityMode=L9')).toMatchObject({ status: 400 });
    expect(await refused('/whip/room?peerId=%00')).toMatchObject({ status: 400, code: 'invalid_params' });
    const wrong = await open(server, '/whip/room', { headers: { 'content-type': 'application/json' } });
    expect(wrong.headers.get('accept-post')).toBe('application/sdp');
    expect(await refusalOf(wrong)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    const long = await open(server, '/whip/room', { body: 'v=0\r\n'.repeat(20_000) });
    expect(await refusalOf(long)).toMatchObject({ status: 413, code: 'too_large' });
  });

  test('a refusal is an event of signaling, as that of a socket is', async () => {
    const server = await start(withKeys);
    const refused: object[] = [];
    server.signaling.events.on('connectionRefused', (event) => void refused.push(event));
    await open(server, '/whip/room');
    await open(server, '/whep/hall');
    const told = { code: 'unauthorized', detail: expect.any(String), address: '127.0.0.1' };
    expect(refused).toEqual([
      { ...told, roomId: 'room' },
      { ...told, roomId: 'hall' },
    ]);
  });

  test('401 without a token or with a bad one, 403 without the grant', async () => {
    const server = await start(withKeys);
    const missing = await open(server, '/whip/room');
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="tureen"');
    expect(await refusalOf(missing)).toMatchObject({ status: 401, code: 'unauthorized' });
    const bad = await open(server, '/whip/room', { headers: bearer('not-a-token') });
    expect(bad.headers.get('www-authenticate')).toBe('Bearer realm="tureen", error="invalid_token"');
    expect(bad.status).toBe(401);
    const asked = async (path: string, token: string) => await open(server, path, { headers: bearer(token) });
    const expired = await asked('/whip/room', await tokenFor('room', 'alice', { lifetime: -600 }));
    expect(expired.status).toBe(401);
    const elsewhere = await asked('/whip/room', await tokenFor('other', 'alice'));
    expect(await refusalOf(elsewhere)).toMatchObject({ status: 403, code: 'forbidden' });
    const token = await tokenFor('room', 'alice');
    expect((await asked('/whip/room?peerId=bob', token)).status).toBe(403);
    for (const grants of [{ publish: false }, { hidden: true }, { publish: ['audio' as const] }]) {
      const response = await asked('/whip/room', await tokenFor('room', 'alice', { grants }));
      expect(await refusalOf(response)).toMatchObject({ status: 403, code: 'forbidden' });
    }
    const screenOnly = await tokenFor('room', 'alice', { grants: { publish: ['screen'] } });
    expect((await asked('/whip/room?source=screen', screenOnly)).status).toBe(403);
    const withSound = await tokenFor('room', 'alice', { grants: { publish: ['screen', 'audio'] } });
    expect((await asked('/whip/room?source=screen', withSound)).status).toBe(201);
    expect((await asked('/whip/room', token)).status).toBe(201);
    expect(server.sfu.peer('room', 'alice').publications.size).toBe(2);
  });

  test('programs come in with a key of the scope media', async () => {
    const server = await start(withKeys);
    const refused = await open(server, '/whip/room', { headers: bearer(await apiKey(['read'])) });
    expect(await refusalOf(refused)).toMatchObject({ status: 403, code: 'forbidden' });
    const headers = bearer(await apiKey(['media']));
    expect((await open(server, '/whip/room?peerId=encoder', { headers })).status).toBe(201);
    expect(server.sfu.peer('room', 'encoder').joined).toBe(true);
  });

  test('what signaling refuses a peer with has its status here, with Retry-After where waiting helps', async () => {
    const server = await start({ TUREEN_MAX_PEERS_PER_ROOM: '1' });
    expect((await open(server, '/whip/room?peerId=first')).status).toBe(201);
    const full = await open(server, '/whip/room?peerId=second');
    expect(full.headers.get('retry-after')).toBe('30');
    expect(await refusalOf(full)).toMatchObject({ status: 403, code: 'room_full' });
    server.sfu.setRoomLocked({ roomId: 'room', locked: true, by: { kind: 'server', id: '' } });
    expect(await refusalOf(await open(server, '/whip/room?peerId=second'))).toMatchObject({
      code: 'room_locked',
    });
    void server.sfu.drain({ milliseconds: 60_000 });
    const draining = await open(server, '/whip/other');
    expect(draining.headers.get('retry-after')).toBe('10');
    expect(await refusalOf(draining)).toMatchObject({ status: 503, code: 'draining' });
  });
});

describe('a session', () => {
  const credentials = 'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n';
  const candidate = 'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n';

  async function opened(options: Parameters<typeof start>[1] = {}) {
    const server = await start({}, options);
    const response = await open(server, '/whip/room?peerId=camera');
    const offer = await offerOf('chromium-camera');
    const own = /a=ice-ufrag:.*\r\na=ice-pwd:.*\r\n/.exec(offer)?.[0] ?? '';
    const patch = async (body: string, headers: Record<string, string>) =>
      await call(server, sessionPath(response), {
        method: 'PATCH',
        body,
        headers: { 'content-type': fragment, ...headers },
      });
    return { server, path: sessionPath(response), etag: response.headers.get('etag') ?? '', own, patch };
  }

  test('takes a star in quotes for a star, as the figure of the draft of WHEP has it', async () => {
    const { patch } = await opened();
    expect((await patch(credentials, { 'if-match': '"*"' })).status).toBe(200);
  });

  test('has its whole public address where a proxy strips a prefix, and so have its extensions', async () => {
    const server = await start({ TUREEN_PUBLIC_URL: 'https://example.com/calls/' });
    const whip = await open(server, '/whip/room?peerId=camera');
    expect(whip.headers.get('location')).toMatch(/^https:\/\/example\.com\/calls\/whip\/room\/[\w-]+$/);
    const whep = await open(server, '/whep/room', { offer: 'chromium-player' });
    const location = whep.headers.get('location');
    expect(location).toStartWith('https://example.com/calls/whep/room/');
    expect(whep.headers.get('link')).toContain(`<${location}/layer>`);
    expect(whep.headers.get('link')).toContain(`<${location}/events>`);
  });

  test('takes candidates with 204 and without an ETag', async () => {
    const { etag, own, patch } = await opened();
    for (const body of [
      `${own}m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n${candidate}a=end-of-candidates\r\n`,
      candidate,
    ]) {
      const response = await patch(body, { 'if-match': etag });
      expect(response.status).toBe(204);
      expect(response.headers.get('etag')).toBeNull();
      expect(await response.text()).toBe('');
    }
  });

  test('restarts ICE with 200, a fragment of ours and another ETag', async () => {
    const { server, etag, patch } = await opened();
    const before = [...server.sfu.peer('room', 'camera').transports.values()][0];
    const oldFragment = before?.type === 'webrtc' ? before.transport.iceParameters.usernameFragment : '';
    const response = await patch(credentials, { 'if-match': '*' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(fragment);
    const text = await response.text();
    expect(text).toStartWith('a=ice-lite\r\n');
    expect(text).toContain('a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n');
    expect(text).toMatch(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r\n/);
    const now = before?.type === 'webrtc' ? before.transport.iceParameters.usernameFragment : '';
    expect(now).not.toBe(oldFragment);
    expect(text).toContain(`a=ice-ufrag:${now}\r\n`);
    const next = response.headers.get('etag') ?? '';
    expect(next).not.toBe(etag);
    expect((await patch(candidate, { 'if-match': etag })).status).toBe(412);
    expect((await patch(candidate, { 'if-match': next })).status).toBe(204);
    // The same credentials again are no restart.
    expect((await patch(credentials, { 'if-match': '*' })).status).toBe(204);
  });

  test('takes candidates without If-Match, as most clients send them, but restarts nothing: 428', async () => {
    const { server, own, patch } = await opened();
    for (const body of [candidate, `${own}${candidate}`]) expect((await patch(body, {})).status).toBe(204);
    const transport = () => {
      const [entry] = server.sfu.peer('room', 'camera').transports.values();
      return entry?.type === 'webrtc' ? entry.transport.iceParameters : undefined;
    };
    const before = transport();
    expect(await refusalOf(await patch(credentials, {}))).toMatchObject({
      status: 428,
      code: 'precondition_required',
    });
    expect(transport()).toEqual(before);
  });

  test('412 for another ETag, 415 and 400 for what is no fragment', async () => {
    const { etag, own, patch } = await opened();
    expect(await refusalOf(await patch(candidate, { 'if-match': '"other"' }))).toMatchObject({
      status: 412,
      code: 'precondition_failed',
    });
    const wrong = await patch(own, { 'if-match': etag, 'content-type': 'application/sdp' });
    expect(wrong.headers.get('accept-patch')).toBe(fragment);
    expect(await refusalOf(wrong)).toMatchObject({ status: 415 });
    for (const body of ['', 'nonsense', 'v=0\r\n', 'a=ice-ufrag:only\r\n']) {
      expect(await refusalOf(await patch(body, { 'if-match': etag }))).toMatchObject({
        status: 400,
        code: 'invalid_sdp',
      });
    }
  });

  test('ends by DELETE, whatever If-Match says, also again for a minute, and is then not found', async () => {
    const clock = new TestClock();
    const { server, path, patch } = await opened({ clock });
    const headers = { 'if-match': '"other"' };
    expect((await call(server, path, { method: 'DELETE', headers })).status).toBe(200);
    expect(server.sfu.rooms.get('room')?.peers.size).toBe(0);
    clock.advance(59_999);
    expect((await call(server, path, { method: 'DELETE' })).status).toBe(200);
    clock.advance(1);
    expect(await refusalOf(await call(server, path, { method: 'DELETE' }))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect((await patch(candidate, { 'if-match': '*' })).status).toBe(404);
  });

  test('is not found under another room, another protocol or a guessed id', async () => {
    const { server, path } = await opened();
    for (const wrong of [path.replace('/room/', '/other/'), path.replace('/whip/', '/whep/'), `${path}x`]) {
      expect((await call(server, wrong, { method: 'DELETE' })).status).toBe(404);
    }
    expect(server.sfu.peer('room', 'camera').joined).toBe(true);
  });

  test('ends when a moderator removes its peer, and when the same peer comes again', async () => {
    const { server, path } = await opened();
    const again = await open(server, '/whip/room?peerId=camera');
    expect(again.status).toBe(201);
    expect((await call(server, path)).status).toBe(404);
    const by = { kind: 'server', id: '' } as const;
    void server.sfu.removePeer({ roomId: 'room', peerId: 'camera', reason: 'enough', by });
    expect((await call(server, sessionPath(again))).status).toBe(404);
  });

  test('answers 200 to the DELETE of a client that has closed its connection first', async () => {
    const { server, path } = await opened();
    const [entry] = server.sfu.peer('room', 'camera').transports.values();
    entry?.transport.close();
    await until(() => server.sfu.rooms.get('room')?.peers.size === 0, 'the end of the session');
    for (const wrong of [path.replace('/room/', '/other/'), path.replace('/whip/', '/whep/')])
      expect((await call(server, wrong, { method: 'DELETE' })).status).toBe(404);
    expect((await call(server, path, { method: 'DELETE' })).status).toBe(200);
  });
});

describe('methods and pages of other origins', () => {
  test('GET has nothing to show, and other methods are not allowed', async () => {
    const server = await start();
    const path = sessionPath(await open(server, '/whip/room?peerId=camera'));
    for (const address of ['/whip/room', '/whep/room', path]) {
      for (const method of ['GET', 'HEAD']) {
        const response = await call(server, address, { method });
        expect(response.status).toBe(204);
        expect(await response.text()).toBe('');
      }
      const response = await call(server, address, { method: 'PUT', body: 'x' });
      expect(response.headers.get('allow')).toContain(address === path ? 'PATCH, DELETE' : 'POST');
      expect(await refusalOf(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    }
    expect((await call(server, path, { method: 'POST', body: 'x' })).status).toBe(405);
    for (const nothing of ['/whip/', '/whep', '/whip/a/b/c', `${path}/layer`]) {
      expect((await call(server, nothing)).status).toBe(404);
    }
  });

  test('OPTIONS tells what an address takes, to a page of this machine in development mode', async () => {
    const server = await start();
    const origin = `http://127.0.0.1:${server.port}`;
    const preflight = await call(server, '/whip/room', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('accept-post')).toBe('application/sdp');
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, If-Match',
    );
    const response = await open(server, '/whip/room', { headers: { origin } });
    expect(response.headers.get('access-control-expose-headers')).toContain('Location, ETag, Link');
    expect(response.headers.get('vary')).toContain('Origin');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    const session = await call(server, sessionPath(response), { method: 'OPTIONS', headers: { origin } });
    expect(session.headers.get('accept-patch')).toBe(fragment);
    expect(session.headers.get('access-control-allow-methods')).toContain('PATCH, DELETE');
  });

  test('a page of a foreign origin is refused, one that the operator allows is let in', async () => {
    const server = await start({ ...withKeys, TUREEN_ALLOWED_ORIGINS: 'https://studio.example' });
    const headers = bearer(await tokenFor('room', 'alice'));
    const foreign = await open(server, '/whip/room', {
      headers: { ...headers, origin: 'https://evil.example' },
    });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(await refusalOf(foreign)).toMatchObject({ status: 403, code: 'foreign_origin' });
    const own = { ...headers, origin: 'https://studio.example' };
    expect((await open(server, '/whip/room', { headers: own })).status).toBe(201);
    // An error has to be readable for the page, too.
    const refused = await open(server, '/whip/room', { headers: { origin: 'https://studio.example' } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://studio.example');
  });
});
