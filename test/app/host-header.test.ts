import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { connect } from 'node:net';
import type { Server } from '../../src/app/server.ts';
import { startServer, withKeys } from '../support/server.ts';

setDefaultTimeout(60_000);

let server: Server;
let ownPorts: Server;

beforeAll(async () => {
  server = await startServer(withKeys);
  ownPorts = await startServer({ ...withKeys, TUREEN_METRICS_PORT: '0', TUREEN_ADMIN_PORT: '0' });
});

afterAll(async () => {
  await server.stop();
  await ownPorts.stop();
});

/** Sends a request by hand. @returns the status of its answer */
async function statusOf(port: number | undefined, head: readonly string[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port ?? 0, '127.0.0.1', () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
  socket.on('data', (data) => resolve(String(data)));
  socket.on('error', () => {});
  socket.on('close', () => resolve(''));
  const answer = await promise;
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

/** Each listener with an address that it answers. */
const listeners = () =>
  [
    [server.port, '/livez'],
    [server.port, '/metrics'],
    [server.port, '/admin/login'],
    [server.port, '/api/v1/openapi.json'],
    [ownPorts.admin.port, '/admin/login'],
    [ownPorts.metricsListener?.port, '/metrics'],
  ] as const;

const good = ['x', 'abc', 'a.example', 'localhost:3000', '127.0.0.1:3000', '[::1]', '[2001:db8::1]:443'];
const bad = [
  '',
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'a@b',
  'a,b',
  'a\\b',
  '%41',
  '[::1',
  '::1',
  'a:99999',
  'a:b',
  'http://a',
];

test('a host of any length leaves the path as it is', async () => {
  for (const [port, path] of listeners()) {
    for (const host of good) {
      const ask = (target: string) => statusOf(port, [`GET ${target} HTTP/1.1`, `Host: ${host}`]);
      expect([host, path, await ask(path)]).toEqual([host, path, 200]);
      for (const before of ['/a', '/ab', '/abc', '/abcd'])
        expect([host, before, path, await ask(before + path)]).toEqual([host, before, path, 404]);
    }
  }
});

test('a Host that is no host, two of them and none are refused', async () => {
  for (const [port, path] of listeners()) {
    for (const host of bad)
      expect([host, path, await statusOf(port, [`GET ${path} HTTP/1.1`, `Host: ${host}`])]).toEqual([
        host,
        path,
        400,
      ]);
    const heads = [
      [`GET ${path} HTTP/1.1`, 'Host: a', 'Host: b'],
      [`GET ${path} HTTP/1.1`, 'Host: a', 'host: a'],
      [`GET ${path} HTTP/1.1`],
      [`GET /abc${path} HTTP/1.0`],
    ];
    for (const head of heads) expect([head, await statusOf(port, head)]).toEqual([head, 400]);
  }
});

test('a probe that speaks HTTP/1.0 without a Host is answered', async () => {
  expect(await statusOf(server.port, ['GET /livez HTTP/1.0'])).toBe(200);
  expect(await statusOf(server.port, ['GET /readyz HTTP/1.0'])).toBe(200);
  expect(await statusOf(ownPorts.metricsListener?.port, ['GET /metrics HTTP/1.0'])).toBe(200);
  expect(await statusOf(server.port, ['GET /admin/login HTTP/1.0'])).toBe(400);
});
