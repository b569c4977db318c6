import { expect, test } from 'bun:test';
import { builtInPanels } from '../../admin/panels/index.ts';
import { startWithUsers, Visitor } from '../admin/support.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';

const operator = { kind: 'server', id: 'test' } as const;
const minute = 60_000;

async function joined(server: Awaited<ReturnType<typeof startServer>>, roomId: string, peerId: string) {
  const client = await SignalingClient.connect({ server, roomId, peerId });
  await client.request('join', { displayName: peerId });
  return client;
}

test('while a node drains, its rooms may still be joined and new ones are refused with when to come back', async () => {
  await using server = await startServer();
  await joined(server, 'kitchen', 'alice');
  void server.sfu.drain({ milliseconds: minute });
  await joined(server, 'kitchen', 'bob');
  const carol = await SignalingClient.connect({ server, roomId: 'pantry', peerId: 'carol' });
  expect(await carol.closed).toMatchObject({
    code: 1013,
    reason: expect.stringMatching(/^draining: .* connect again in 10 seconds/),
  });
});

test('with TUREEN_DRAIN_JOINS=refuse only those who are in a room may come back to it', async () => {
  await using server = await startServer({ TUREEN_DRAIN_JOINS: 'refuse' });
  await joined(server, 'kitchen', 'alice');
  void server.sfu.drain({ milliseconds: minute });
  const bob = await SignalingClient.connect({ server, roomId: 'kitchen', peerId: 'bob' });
  expect(await bob.closed).toMatchObject({
    code: 1013,
    reason: expect.stringContaining('lets nobody new in'),
  });
  const again = await joined(server, 'kitchen', 'alice');
  expect(again.socket.readyState).toBe(WebSocket.OPEN);
});

test('/readyz tells why and when to ask again', async () => {
  await using server = await startServer();
  await joined(server, 'kitchen', 'alice');
  void server.sfu.drain({ milliseconds: minute });
  const answer = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('10');
  expect(await answer.json()).toMatchObject({ status: 'unready', reasons: ['the node is draining'] });
});

test('clients are told to move at times that are spread over the deadline', async () => {
  await using server = await startServer();
  const names = Array.from({ length: 24 }, (_, index) => `peer-${index}`);
  const clients = await Promise.all(names.map((name) => joined(server, 'kitchen', name)));
  void server.sfu.drain({ milliseconds: minute });
  const told = await Promise.all(clients.map((client) => client.waitFor('draining')));
  const times = told.map(({ reconnectAfterMs }) => Number(reconnectAfterMs));
  for (const time of times) {
    expect(time).toBeGreaterThanOrEqual(0);
    expect(time).toBeLessThanOrEqual(minute);
  }
  // That 24 times all fall into a third of the minute by chance happens once in billions of runs.
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(minute / 3);
  expect(new Set(told.map(({ deadline }) => deadline)).size).toBe(1);
});

test('a drain that is cancelled leaves the node as it was: calls go on, new rooms open, and everyone is told', async () => {
  await using server = await startServer();
  const alice = await joined(server, 'kitchen', 'alice');
  const drained = server.sfu.drain({ milliseconds: minute });
  await alice.waitFor('draining');
  server.sfu.cancelDrain(operator);
  expect(await drained).toBe('cancelled');
  await alice.waitFor('drainCancelled');
  expect(server.sfu.unreadyReasons()).toEqual([]);
  await joined(server, 'pantry', 'bob');
  expect(() => server.sfu.cancelDrain(operator)).toThrow('there is nothing to cancel');
});

test('a node that was drained while it was idle, or whose calls have ended, takes rooms again when it is told so', async () => {
  await using server = await startServer();
  expect(await server.sfu.drain({ milliseconds: minute })).toBe('ended');
  expect(server.sfu.unreadyReasons()).toEqual(['the node is draining']);
  server.sfu.cancelDrain(operator);
  expect(server.sfu.unreadyReasons()).toEqual([]);
  const alice = await joined(server, 'kitchen', 'alice');
  const drained = server.sfu.drain({ milliseconds: 0 });
  await alice.closed;
  expect(await drained).toBe('ended');
  server.sfu.cancelDrain(operator);
  await joined(server, 'kitchen', 'bob');
});

test('a drain that is told to end earlier does so, for whoever stops the process waits no longer', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const alice = await joined(server, 'kitchen', 'alice');
  const fromDashboard = server.sfu.drain({ milliseconds: 10 * minute });
  const bySignal = server.sfu.drain({ milliseconds: minute });
  const nearest = clock.now() + minute;
  // A later deadline moves nothing.
  void server.sfu.drain({ milliseconds: 5 * minute });
  expect(server.sfu.drainDeadline).toBe(nearest);
  await alice.waitFor('draining', ({ deadline }) => deadline === nearest);
  expect(alice.named('draining')).toHaveLength(2);
  clock.advance(minute);
  expect(await Promise.all([fromDashboard, bySignal])).toEqual(['ended', 'ended']);
  expect(await alice.closed).toMatchObject({ code: 1012 });
});

test('a page of the dashboard that is open for hours does not hold up a drain', async () => {
  const server = await startWithUsers({});
  const { id } = builtInPanels.find(({ path }) => path === '/') ?? { id: '' };
  const stream = await Visitor.as(server, 'viewer').get(`/live/${id}`, { accept: 'text/event-stream' });
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  expect(await server.sfu.drain({ milliseconds: minute })).toBe('ended');
  await server.stop();
  // Reading goes on to the end of the stream, which has come.
  const drained = async () => {
    while (!(await reader.read()).done);
  };
  await drained().catch(() => {});
});

test('a response that never ends does not hold up the end', async () => {
  const server = await startServer();
  const alice = await joined(server, 'kitchen', 'alice');
  // The head of a request without its body keeps the connection busy for ever.
  const socket = await Bun.connect({ hostname: '127.0.0.1', port: server.port, socket: { data() {} } });
  socket.write('POST /livez HTTP/1.1\r\nHost: tureen.test\r\nContent-Length: 10\r\n\r\n');
  const startedAt = performance.now();
  await server.stop();
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(await alice.closed).toMatchObject({ code: 1012 });
  socket.end();
});
