import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { builtInPanels } from '../../admin/panels/index.ts';
import { startWithUsers, Visitor } from '../admin/support.ts';
import { FrontProxy, proxyNames } from '../support/proxy.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(120_000);

/** As WHIP answers (RFC 9725), with an absolute address that a proxy might want to change. */
const answerHeaders = {
  'access-control-allow-origin': 'https://studio.test',
  'access-control-allow-methods': 'POST, PATCH, DELETE',
  'access-control-expose-headers': 'Location, Link, ETag',
  'content-type': 'application/sdp',
  etag: '"xyz"',
  link: '<stun:stun.test:3478>; rel="ice-server"',
  location: 'http://127.0.0.1:3000/whip/room/7',
};
const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${'a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n'.repeat(400)}`;
const insecure = { tls: { rejectUnauthorized: false } };

describe.each(proxyNames)('behind %s with the file of deploy/', (name) => {
  let server: Awaited<ReturnType<typeof startWithUsers>>;
  let proxy: FrontProxy;

  beforeAll(async () => {
    server = await startWithUsers({ ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.1' });
    proxy = await FrontProxy.start(name, server.port);
  });

  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await server.stop();
  });

  async function connect(headers: Record<string, string>): Promise<SignalingClient> {
    const token = await tokenFor('room', 'alice');
    return await SignalingClient.connect({ server: proxy, tls: true, token, headers });
  }

  const alice = () => server.sfu.rooms.get('room')?.peers.get('alice');

  test('signaling works, and a page of the same host and port may connect', async () => {
    const client = await connect({ origin: `https://127.0.0.1:${proxy.port}` });
    expect(await client.request('getRouterRtpCapabilities', {})).toHaveProperty('codecs');
    await client.close();
    await until(() => alice() === undefined, 'the end of the peer');
  });

  test('a page of another host may not connect', async () => {
    const client = await connect({ origin: 'https://elsewhere.test' });
    expect((await client.closed).reason).toStartWith('foreign_origin');
    expect(alice()).toBeUndefined();
  });

  test('the address of a client is the one that the proxy saw, whatever the client claims', async () => {
    const client = await connect({ 'x-forwarded-for': '203.0.113.5', forwarded: 'for=203.0.113.6' });
    await until(() => alice() !== undefined, 'the peer');
    // The client is on this machine, so the proxy sees loopback, and not what the client wrote.
    expect(alice()?.identity.address).toBe('127.0.0.1');
    await client.close();
  });

  test('the page and the readiness are there, the metrics are not', async () => {
    const get = (path: string) => fetch(`https://127.0.0.1:${proxy.port}${path}`, insecure);
    expect(await (await get('/')).text()).toContain('<html');
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(404);
  });

  test("the dashboard's stream of events arrives as it is written", async () => {
    const visitor = Visitor.as(server, 'viewer');
    const { id } = builtInPanels.find(({ path }) => path === '/') ?? { id: '' };
    const headers = { cookie: visitor.cookie, accept: 'text/event-stream' };
    const url = `https://127.0.0.1:${proxy.port}/admin/live/${id}`;
    const stream = await fetch(url, { headers, ...insecure });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const events = async (count: number) => {
      while (text.split('\n\n').length <= count)
        text += new TextDecoder().decode((await reader.read()).value);
    };
    // The page as it is comes first, and what has changed as soon as it has: a buffer would keep both.
    await events(1);
    const token = await tokenFor('room', 'alice');
    const client = await SignalingClient.connect({ server, token });
    await client.request('join', { displayName: 'Alice' });
    await events(2);
    await reader.cancel();
    await client.close();
  });

  test('the end of a node reaches clients with its code', async () => {
    await using other = await startServer({ ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.1' });
    await using another = await FrontProxy.start(name, other.port);
    const token = await tokenFor('room', 'bob');
    const client = await SignalingClient.connect({ server: another, tls: true, peerId: 'bob', token });
    await until(() => other.sfu.rooms.get('room')?.peers.has('bob') === true, 'the peer');
    await other.stop();
    expect((await client.closed).code).toBe(1012);
  });

  test('what broadcasters send and get passes as it is: methods, SDP, the place of the session, CORS', async () => {
    const seen: string[] = [];
    await using upstream = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === '/') return new Response();
        seen.push(
          [request.method, pathname, request.headers.get('content-type'), await request.text()].join(' '),
        );
        return new Response(request.method === 'DELETE' ? null : sdp, {
          status: 201,
          headers: answerHeaders,
        });
      },
    });
    await using before = await FrontProxy.start(name, Number(upstream.port));
    const url = `https://127.0.0.1:${before.port}/whip/room`;
    const headers = {
      authorization: 'Bearer x',
      'content-type': 'application/sdp',
      origin: 'https://studio.test',
    };
    for (const method of ['POST', 'PATCH', 'OPTIONS', 'DELETE']) {
      const body = method === 'POST' || method === 'PATCH' ? sdp : undefined;
      const answer = await fetch(url, { method, headers, body, ...insecure });
      expect(answer.status).toBe(201);
      expect(Object.fromEntries(answer.headers)).toMatchObject(answerHeaders);
      expect(await answer.text()).toBe(method === 'DELETE' ? '' : sdp);
    }
    expect(seen).toEqual(
      ['POST', 'PATCH', 'OPTIONS', 'DELETE'].map(
        (method) => `${method} /whip/room application/sdp ${/^P/.test(method) ? sdp : ''}`,
      ),
    );
  });
});
