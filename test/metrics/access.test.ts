import { expect, test } from 'bun:test';
import { accessOf, refusalOf } from '../../metrics/access.ts';
import { startServer, withKeys } from '../support/server.ts';

const token = 'a-token-for-prometheus';
const paths = ['/metrics', '/metrics/top', '/metrics/rooms/room'];

test('with a token nobody reads the metrics without it', async () => {
  await using server = await startServer({ ...withKeys, TUREEN_METRICS_TOKEN: token });
  for (const path of paths) {
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, 'Bearer  ']) {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { authorization } });
      expect(response.status, `${path} ${authorization}`).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect(await response.text()).not.toContain('tureen_rooms');
    }
  }
});

test('with the token the page is read', async () => {
  await using server = await startServer({ ...withKeys, TUREEN_METRICS_TOKEN: token });
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('tureen_rooms{');
});

test('a listener of its own serves the metrics and nothing else, and the main port does not serve them', async () => {
  await using server = await startServer({ ...withKeys, TUREEN_METRICS_PORT: '0' });
  const own = `http://127.0.0.1:${server.metricsListener?.port}`;
  expect((await fetch(`${own}/metrics`)).status).toBe(200);
  expect((await fetch(`${own}/metrics/top`)).status).toBe(200);
  for (const path of [
    '/',
    '/livez',
    '/readyz',
    '/version',
    '/signaling?roomId=a&peerId=b',
    '/admin',
    '/page.js',
  ]) {
    expect((await fetch(own + path)).status, path).toBe(404);
  }
  expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(404);
});

test('the listener says nothing of itself when a room is asked for that is not there', async () => {
  await using server = await startServer({ ...withKeys, TUREEN_METRICS_PORT: '0' });
  const response = await fetch(`http://127.0.0.1:${server.metricsListener?.port}/metrics/rooms/nowhere`);
  expect(response.status).toBe(404);
  expect(await response.text()).toStartWith('not_found: there is no room "nowhere"');
});

test('a port that is taken stops the start with what to do', async () => {
  await using first = await startServer({ TUREEN_METRICS_PORT: '0' });
  const start = startServer({ TUREEN_METRICS_PORT: String(first.metricsListener?.port) });
  await expect(start).rejects.toThrow('Free the port or set TUREEN_METRICS_PORT');
});

test('without token and listener only this machine may read, and a proxy on it is not this machine', () => {
  const access = accessOf({ metricsToken: undefined, metricsPort: undefined });
  const ask = (address: string | undefined, headers: Record<string, string> = {}) =>
    refusalOf(access, new Request('http://tureen/metrics', { headers }), address)?.status;
  for (const own of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) expect(ask(own)).toBeUndefined();
  for (const foreign of [
    '192.0.2.7',
    '10.0.0.1',
    '::ffff:10.0.0.1',
    '2001:db8::1',
    '1127.0.0.1',
    undefined,
  ]) {
    expect(ask(foreign)).toBe(403);
  }
  for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip', 'fly-client-ip']) {
    expect(ask('127.0.0.1', { [header]: '127.0.0.1' })).toBe(403);
  }
});
