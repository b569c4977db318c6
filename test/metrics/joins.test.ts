import { expect, test } from 'bun:test';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { createWorld, enter } from '../support/world.ts';
import { scrape, scrapeUntil, sumOf } from './support.ts';

test('the steps into a call are counted once a connection', async () => {
  await using server = await startServer();
  const alice = await enter({ server, peerId: 'alice' });
  const bob = await SignalingClient.connect({ server, peerId: 'bob' });
  await bob.request('getRouterRtpCapabilities', {});
  const text = await scrape(server);
  const step = (name: string) => sumOf(text, 'tureen_join_steps_total', { step: name });
  expect([step('connected'), step('authorised'), step('joined'), step('transport_connected')]).toEqual([
    2, 2, 1, 0,
  ]);
  expect(sumOf(text, 'tureen_peers', { state: 'connected' })).toBe(1);
  expect(sumOf(text, 'tureen_peers', { state: 'joined' })).toBe(1);
  await Promise.all([alice.client.close(), bob.close()]);
});

test('joins, leaves and kicks are told apart by what came of them', async () => {
  const world = await createWorld();
  await using server = world.server as typeof world.server & AsyncDisposable;
  const stranger = await SignalingClient.connect({ server, peerId: 'eve', token: 'not-a-token' });
  await stranger.closed;
  const shy = await SignalingClient.connect({ server, peerId: 'shy', token: await tokenFor('room', 'shy') });
  await shy.request('getRouterRtpCapabilities', {});
  await shy.close();
  void server.sfu.removePeer({
    roomId: 'room',
    peerId: 'bob',
    reason: '',
    by: { kind: 'admin', id: 'root' },
  });
  await world.alice.close();
  const text = await scrapeUntil(server, (page) => sumOf(page, 'tureen_peer_leaves_total') === 3);
  const joins = (result: string) => sumOf(text, 'tureen_joins_total', { result });
  expect([joins('ok'), joins('refused'), joins('disconnected')]).toEqual([2, 1, 1]);
  expect(sumOf(text, 'tureen_connections_refused_total', { code: 'unauthorized' })).toBe(1);
  expect(sumOf(text, 'tureen_kicks_total', { by: 'admin' })).toBe(1);
  expect(sumOf(text, 'tureen_peer_leaves_total', { reason: 'disconnected' })).toBe(2);
  expect(sumOf(text, 'tureen_join_duration_seconds_count')).toBe(2);
  expect(sumOf(text, 'tureen_session_duration_seconds_count')).toBe(2);
});

test('a peer that joins again after its worker died is not a second join', async () => {
  await using server = await startServer();
  const { client } = await enter({ server, peerId: 'alice' });
  killWorker(server);
  await client.waitFor('rejoin');
  await client.request('join', { displayName: 'alice' });
  const text = await scrape(server);
  expect(sumOf(text, 'tureen_joins_total', { result: 'ok' })).toBe(1);
  expect(sumOf(text, 'tureen_join_steps_total', { step: 'joined' })).toBe(1);
  expect(sumOf(text, 'tureen_peer_rejoins_total', { reason: 'worker_died' })).toBe(1);
  expect(sumOf(text, 'tureen_worker_deaths_total', { worker: '0' })).toBe(1);
  await until(() => server.sfu.pool.slots[0]?.live !== undefined, 'the new worker');
  expect(sumOf(await scrape(server), 'tureen_worker_restarts_total', { worker: '0' })).toBe(1);
  await client.close();
});

test('requests are counted by method and course, and a name that does not exist is unknown', async () => {
  await using server = await startServer(withKeys);
  const { client } = await enter({ server, peerId: 'alice', token: await tokenFor('room', 'alice') });
  await client.ask('join', {}).catch(() => {});
  for (const name of ['drop table', '"} 1\nhacked 1', 'ünïcode']) await client.ask(name).catch(() => {});
  await client.request('getRouterRtpCapabilities', {});
  const text = await scrape(server);
  const requests = (method: string, result: string) =>
    sumOf(text, 'tureen_signaling_requests_total', { method, result });
  expect(requests('join', 'ok')).toBe(1);
  expect(requests('join', 'refused')).toBe(1);
  expect(requests('unknown', 'refused')).toBe(3);
  expect(text).not.toContain('hacked');
  expect(sumOf(text, 'tureen_signaling_request_duration_seconds_count', { method: 'join' })).toBe(2);
  expect(sumOf(text, 'tureen_signaling_sockets')).toBe(1);
  expect(sumOf(text, 'tureen_signaling_notifications_total')).toBeGreaterThan(0);
  expect(sumOf(text, 'tureen_signaling_queued_messages')).toBe(0);
  await client.close();
});

test('a frame that is larger than the server takes counts as a drop for its size', async () => {
  await using server = await startServer();
  const client = await SignalingClient.connect({ server, peerId: 'alice' });
  client.socket.send('x'.repeat(2 * 1024 * 1024));
  await client.closed;
  const drops = (text: string) => sumOf(text, 'tureen_signaling_drops_total', { reason: 'size' });
  expect(drops(await scrapeUntil(server, (text) => drops(text) > 0))).toBe(1);
});

test("what a client does before it joins is not the server's time", async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const client = await SignalingClient.connect({ server, peerId: 'alice' });
  await client.request('getRouterRtpCapabilities', {});
  // Its user looks for the microphone.
  clock.advance(20_000);
  await client.request('join', { displayName: 'alice' });
  const text = await scrape(server);
  expect(sumOf(text, 'tureen_join_duration_seconds_sum')).toBe(20);
  expect(sumOf(text, 'tureen_join_server_seconds_count')).toBe(1);
  expect(sumOf(text, 'tureen_join_server_seconds_sum')).toBeLessThan(5);
  await client.close();
});
