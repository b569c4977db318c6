import { expect, test } from 'bun:test';
import { AudioRoom } from '../../bench/loads/audio-room.ts';
import { allMetrics } from '../../metrics/collection.ts';
import { metrics as mesh } from '../../metrics/collectors/mesh.ts';
import { type Metric, mostSeries } from '../../metrics/define.ts';
import type { SfuBus } from '../../src/sfu/events.ts';
import type { SignalingBus } from '../../src/signaling/events.ts';
import { startServer } from '../support/server.ts';
import { readPage, scrape, seriesOf, sumOf } from './support.ts';

/** More than these would make a node dear to watch. */
const mostOfNode = 2400;
/** What a bus adds to them. */
const mostOfMesh = 100;

test('the definitions allow fewer than 2,400 series, and 100 for a mesh, whatever happens', () => {
  const ofMesh = Object.values(mesh);
  const most = (metrics: readonly Metric[]) => metrics.reduce((sum, metric) => sum + mostSeries(metric), 0);
  expect(most(allMetrics.filter((metric) => !ofMesh.includes(metric as never)))).toBeLessThan(mostOfNode);
  expect(most(ofMesh)).toBeLessThan(mostOfMesh);
});

test('no label is an id, a name or an address', () => {
  const labels = new Set(allMetrics.flatMap((metric) => metric.labels.names));
  for (const name of labels)
    expect(name).not.toMatch(/room|peer|producer|consumer|transport|address|ip|name|user/i);
});

test('hostile names and 10,000 consumers leave the page below 2,400 series', async () => {
  await using server = await startServer({
    TUREEN_STATS_INTERVAL_SECONDS: '300',
    TUREEN_ROOM_CONSUMERS_PER_WORKER: '10000',
    TUREEN_MAX_PRODUCERS_PER_PEER: '100',
  });
  for (let index = 0; index < 3000; index += 1)
    hostileEvents(server.sfu.events, server.signaling.events, index);
  using room = await AudioRoom.open(server.sfu, { tracks: 100 });
  for (let receivers = 0; receivers < 100; receivers += 1) await room.receive();
  await server.measurements.sampler.pass({ hurry: true });
  const text = await scrape(server);
  expect(sumOf(text, 'tureen_consumers')).toBe(10_000);
  expect(seriesOf(text).size).toBeLessThan(mostOfNode);
  expect(text).not.toContain('evil');
  for (const metric of allMetrics) {
    expect(readPage(text).get(metric.name)?.series.size, metric.name).toBeLessThanOrEqual(mostSeries(metric));
  }
}, 60_000);

/** What a client could try to bring onto the page: in ids, names, methods, codes and reasons. */
function hostileEvents(domain: SfuBus, sockets: SignalingBus, index: number): void {
  const evil = `evil"} 1\n${index}`;
  const ref = { roomId: evil, peerId: evil, sessionId: evil };
  const by = { kind: 'peer', id: evil } as const;
  const bad = evil as never;
  sockets.emit('socketOpened', ref);
  domain.emit('peerConnected', { ...ref, address: evil, hidden: false });
  domain.emit('peerJoined', { ...ref, displayName: evil, hidden: false, duration: index });
  domain.emit('transportOpened', {
    ...ref,
    transportId: evil,
    producing: true,
    consuming: true,
    offered: [evil],
  });
  domain.emit('transportConnected', { ...ref, transportId: evil, duration: index });
  domain.emit('transportClosed', { ...ref, transportId: evil, reason: bad, course: bad, waited: false });
  sockets.emit('connectionRefused', { code: evil, roomId: evil });
  sockets.emit('requestHandled', { method: evil, result: 'unknown_method', duration: index, ...ref });
  sockets.emit('requestHandled', { method: `method${index % 40}`, result: evil, duration: index, ...ref });
  domain.emit('activeSpeaker', { roomId: evil, peerId: evil, volume: -20 });
  domain.emit('speakingPeers', { roomId: evil, volumes: [{ peerId: evil, producerId: evil, volume: -30 }] });
  sockets.emit('socketDropped', { cause: bad, ...ref });
  const left = { joined: true, rejoining: false, hidden: false, standing: bad, duration: index, by };
  domain.emit('peerLeft', { ...ref, ...left, reason: bad, detail: evil });
  domain.emit('workerDied', { workerIndex: index, pid: index, cause: evil });
  domain.emit('roomClosed', { roomId: evil, reason: bad, duration: index, by });
}
