import { expect, setDefaultTimeout, test } from 'bun:test';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

test('a peer is told its bandwidth at most once a second, and only when it has changed by a tenth', async () => {
  const clock = new TestClock();
  await using server = await startServer({}, { clock });
  const { client, recvTransport } = await enter({ server, peerId: 'alice' });
  const entry = server.sfu.peer('room', 'alice').webRtcTransport(recvTransport);
  const estimate = (availableBitrate: number) => {
    const info = { desiredBitrate: 0, effectiveDesiredBitrate: 0, availableBitrate };
    entry.transport.emit('trace', { type: 'bwe', timestamp: 0, direction: 'out', info });
  };
  estimate(1_000_000);
  clock.advance(999);
  estimate(2_000_000);
  clock.advance(1);
  estimate(1_090_000);
  estimate(910_000);
  estimate(1_110_000);
  clock.advance(1000);
  estimate(990_000);
  // An answer comes after everything that was told before it.
  await client.request('getRtcStatsUrl', {});
  const told = client.events.filter(({ method }) => method === 'downlinkBwe');
  expect(told.map(({ data }) => data.availableBitrate)).toEqual([1_000_000, 1_110_000, 990_000]);
  await client.close();
});

test.each([
  ['/signaling?', true],
  ['/signaling?downlinkBwe=0&', false],
  ['/signaling?fast=1&', false],
  ['/signaling?fast=1&downlinkBwe=1&', true],
])('a client of %p has its receiving transports traced: %p', async (path, traced) => {
  await using server = await startServer();
  const client = await SignalingClient.connect({ server, peerId: 'alice', path });
  if (path.includes('fast')) await client.waitFor('welcome');
  const { id } = await client.request('createWebRtcTransport', { consuming: true });
  await client.request('createWebRtcTransport', { producing: true });
  const peer = server.sfu.peer('room', 'alice');
  const receiving = [...peer.transports.values()].filter(({ consuming }) => consuming);
  expect(receiving.map(({ transport }) => transport.id)).toContain(id);
  for (const { transport, consuming } of peer.transports.values()) {
    const { traceEventTypes } = await transport.dump();
    expect(traceEventTypes).toEqual(traced && consuming ? ['bwe'] : []);
  }
  await client.close();
});
