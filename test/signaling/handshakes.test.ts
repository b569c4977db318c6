import { expect, setDefaultTimeout, test } from 'bun:test';
import { createLogger } from '../../src/core/log.ts';
import { TestClock } from '../support/clock.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { startServer, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

/** Clients come through a proxy that names their addresses. Ten handshakes pass at once. */
const paced = { ...withKeys, TUREEN_TRUSTED_PROXIES: '127.0.0.1', TUREEN_ADDRESS_REQUESTS_PER_SECOND: '2' };

for (const [what, path, protocol] of [
  ['a signaling socket', '/signaling?roomId=room&peerId=eve', 'protoo'],
  ['a signaling socket at the root', '/?roomId=room&peerId=eve', 'protoo'],
  ['a control socket', '/control?controllerId=eve', 'tureen-control'],
] as const)
  test(`the handshakes of ${what} are paced by address, a /64 in IPv6, before the token is looked at`, async () => {
    const clock = new TestClock();
    await using server = await startServer(paced, { clock });
    const codes: string[] = [];
    server.signaling.events.on('connectionRefused', ({ code }) => void codes.push(code));
    const ask = async (address: string) => {
      const headers = {
        'x-forwarded-for': address,
        'sec-websocket-protocol': `${protocol}, bearer.forged`,
      };
      const socket = new RawSocket({ server, path, headers });
      const status = await socket.status;
      return { status, head: socket.head, close: () => socket.close() };
    };
    const answers = [];
    for (let count = 0; count < 20; count += 1) answers.push(await ask(`2001:db8::${count}`));
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(101), ...Array(10).fill(429)]);
    expect(answers.at(-1)?.head).toMatch(/\r\nretry-after: 1\r\n/i);
    // The token of a refused one was not looked at.
    if (protocol === 'protoo') {
      await until(() => codes.filter((code) => code === 'unauthorized').length === 10);
      expect(codes.filter((code) => code === 'flood')).toHaveLength(10);
    }
    expect((await ask('2001:db8:0:1::1')).status).toBe(101);
    clock.advance(500);
    expect((await ask('2001:db8::1')).status).toBe(101);
    expect((await ask('2001:db8::1')).status).toBe(429);
    for (const { close } of answers) close();
  });

test('handshakes and requests of an address share one pace', async () => {
  const clock = new TestClock();
  await using server = await startServer(paced, { clock });
  const headers = { 'x-forwarded-for': '198.51.100.7' };
  for (let count = 0; count < 10; count += 1)
    await fetch(`http://127.0.0.1:${server.port}/api/v1/rooms`, { headers });
  const socket = new RawSocket({ server, headers });
  expect(await socket.status).toBe(429);
  expect(socket.body).toStartWith('flood: more than 2 requests a second came from your address');
});

test('a refused handshake is told, logged and counted with its reason, a refused origin once by itself', async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(JSON.parse(line)) });
  const clock = new TestClock();
  const metricsToken = 'a-token-for-metrics';
  const environment = { ...withKeys, TUREEN_METRICS_TOKEN: metricsToken };
  await using server = await startServer(environment, { log, clock });
  const origin = 'https://evil.example:8443';
  const foreign = `pages of ${origin} may not connect; name it in TUREEN_ALLOWED_ORIGINS, with its scheme and port`;
  const noProtocol = 'the WebSocket has to offer the sub-protocol "protoo"';
  const cases: [Record<string, string | null>, string, number, string][] = [
    [{ origin }, 'foreign_origin', 101, foreign],
    [{ origin }, 'foreign_origin', 101, foreign],
    [{ 'sec-websocket-protocol': null }, 'no_sub_protocol', 403, noProtocol],
    [{ 'sec-websocket-protocol': 'chat' }, 'no_sub_protocol', 403, noProtocol],
  ];
  for (const [headers, code, status, sentence] of cases) {
    const socket = new RawSocket({ server, headers });
    expect(await socket.status).toBe(status);
    // A page cannot read the answer to a handshake, so it gets a socket that closes with the reason.
    if (status === 101) {
      await until(() => socket.body.length > 4, 'the close frame');
      expect(socket.body.slice(4)).toStartWith(
        `${code}: pages of ${origin} may not connect; name it in TUREEN_A`,
      );
      expect(`${code}: ${sentence}`).toStartWith(socket.body.slice(4));
    } else expect(socket.body).toBe(`${code}: ${sentence}\n`);
    socket.close();
    clock.advance(1000);
    const line = lines.findLast(({ message }) => message === 'connectionRefused');
    expect(line).toMatchObject({ level: 'info', code, detail: sentence });
  }
  const warnings = lines.filter(({ message }) => String(message).startsWith('pages of'));
  expect(warnings).toMatchObject([{ message: 'pages of this origin are refused', origin }]);
  expect(server.sfu.rooms.size).toBe(0);
  const page = await (
    await fetch(`http://127.0.0.1:${server.port}/metrics`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    })
  ).text();
  const refusals = page
    .split('\n')
    .filter((line) => /^tureen_\w*refus\w*_total\{.*(foreign_origin|no_sub_protocol)/.test(line));
  expect(refusals.map((line) => line.split(' ').at(-1)).sort()).toEqual(['2', '2']);
});

test('strangers cannot fill the log with origins that they make up', async () => {
  const warnings: string[] = [];
  const log = createLogger({ level: 'warn', write: (line) => void warnings.push(line) });
  await using server = await startServer(
    { ...withKeys, TUREEN_ADDRESS_REQUESTS_PER_SECOND: '1000' },
    { log },
  );
  for (let count = 0; count < 120; count += 1) {
    const headers = { origin: `https://${count}.example`, 'content-type': 'application/sdp' };
    const url = `http://127.0.0.1:${server.port}/whip/room`;
    expect((await fetch(url, { method: 'POST', body: 'v=0', headers })).status).toBe(403);
  }
  expect(warnings.filter((line) => line.includes('pages of this origin'))).toHaveLength(100);
});

test('in development mode a page from any port of this machine is let in, and others only by name', async () => {
  const path = '/signaling?roomId=room&peerId=eve&fast=1';
  for (const named of [undefined, 'https://studio.example']) {
    await using server = await startServer({ ...(named && { TUREEN_ALLOWED_ORIGINS: named }) });
    const isLetIn = async (origin: string) => {
      const socket = new RawSocket({ server, path, headers: { origin } });
      expect(await socket.status).toBe(101);
      await until(() => socket.body.length > 4, 'the first frame');
      const first = socket.body;
      socket.close();
      return !first.includes('foreign_origin');
    };
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:4000', 'https://[::1]:8443'])
      expect([origin, await isLetIn(origin)]).toEqual([origin, true]);
    expect(await isLetIn('https://studio.example')).toBe(named !== undefined);
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null'])
      expect([origin, await isLetIn(origin)]).toEqual([origin, false]);
  }
});
