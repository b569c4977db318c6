import { expect, test } from 'bun:test';
import { createHeadlessClient, createRtpTrack } from '../../client/headless.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import type { SfuBus } from '../../src/sfu/events.ts';
import { PeerCourses } from '../../src/timelines/courses.ts';
import { scrape, sumOf } from '../metrics/support.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { enterInVain } from './support.ts';

type Line = Record<string, unknown>;

/** A server whose log can be read. */
async function started() {
  const lines: Line[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(JSON.parse(line)) });
  const clock = new TestClock();
  const server = await startServer({}, { clock, log });
  const left = async (peerId: string) => {
    const found = () => lines.find(({ message, peerId: who }) => message === 'peerLeft' && who === peerId);
    await until(() => found() !== undefined, `the end of ${peerId} in the log`);
    return found();
  };
  return { server, clock, lines, left };
}

test('the log says at the end of a peer how its media was connected, and by what', async () => {
  const { server, left } = await started();
  await using _ = server;
  const url = `http://127.0.0.1:${server.port}`;
  const alice = createHeadlessClient({ url, roomId: 'room', peerId: 'alice' });
  await alice.join();
  const connected = Promise.withResolvers<void>();
  server.sfu.events.on('transportConnected', () => connected.resolve());
  await alice.publish(createRtpTrack('audio').track, 'microphone');
  await connected.promise;
  await alice.leave();
  const line = await left('alice');
  const place = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
  expect(line).toMatchObject({ address: '127.0.0.1', reason: 'left', media: 'connected by udp', toMedia: 0 });
  expect(line?.transports).toContainEqual({
    direction: 'send',
    offered: expect.arrayContaining([expect.stringMatching(/^udp 127\.0\.0\.1:\d+$/)]),
    lost: 0,
    waited: false,
    ice: { after: 0, protocol: 'udp', local: place, remote: place },
    connected: 0,
    end: 'peer_left',
    used: true,
  });
  expect(line).not.toHaveProperty('end');
});

test('media that does not come is told while it does not, counted once, and explained at the end', async () => {
  const { server, clock, lines, left } = await started();
  await using _ = server;
  const client = await enterInVain({ server, peerId: 'bob' });
  const failures = async () =>
    sumOf(await scrape(server), 'tureen_transport_failures_total', { reason: 'never_connected' });
  clock.advance(14_999);
  expect(lines.some(({ message }) => message === 'transportWaits')).toBe(false);
  clock.advance(1);
  expect(lines.at(-1)).toMatchObject({
    level: 'warn',
    message: 'transportWaits',
    peerId: 'bob',
    after: 15_000,
  });
  expect(await failures()).toBe(1);
  client.socket.close();
  expect(await left('bob')).toMatchObject({
    media: expect.stringContaining('nothing of it arrived at the media port'),
    transports: expect.arrayContaining([
      expect.objectContaining({ direction: 'send', waited: true, used: true, connected: null }),
      expect.objectContaining({ direction: 'receive', waited: false, used: false }),
    ]),
  });
  expect(await failures()).toBe(1);
});

test('nothing is kept of a stay that moved, to this node or away from it', () => {
  const events: SfuBus = new EventBus(silentLogger);
  const forgotten: string[] = [];
  const qualities = { of: () => undefined, forget: (sessionId: string) => void forgotten.push(sessionId) };
  const read = { peer: () => ({}) as never };
  const courses = new PeerCourses({ events, read, clock: new TestClock(), qualities });
  const ref = (sessionId: string) => ({ roomId: 'room', peerId: 'alice', sessionId });
  events.emit('peerConnected', { ...ref('away'), address: '::1', hidden: false });
  expect(courses.of('room', 'alice')).toMatchObject({ address: '::1' });
  events.emit('peerDeparted', ref('away'));
  expect(courses.of('room', 'alice')).toBeUndefined();
  events.emit('peerMoveFailed', { ...ref('failed'), reason: 'join_timeout', detail: '' });
  const end = { reason: 'left', detail: '', by: { kind: 'peer', id: 'alice' }, duration: 1 } as const;
  const course = { joined: true, rejoining: false, hidden: false, standing: 'listed' } as const;
  events.emit('peerLeft', { ...ref('here'), ...end, ...course });
  expect(forgotten).toEqual(['away', 'failed', 'here']);
});
