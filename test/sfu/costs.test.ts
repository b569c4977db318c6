import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, type Member, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

/** A picture in one size. */
function plainVideo(transportId: string, ssrc: number) {
  const track = videoTrack(transportId, ssrc);
  return { ...track, rtpParameters: { ...track.rtpParameters, encodings: [{ ssrc }] } };
}

const sent = (server: Server) => server.sfu.read.workers().reduce((sum, { bitrate }) => sum + bitrate, 0);

async function offered({ client }: Member, producerId: string): Promise<string> {
  const { id } = await client.waitFor('newConsumer', (data) => data.producerId === producerId);
  return String(id);
}

test('a consumer costs its worker by its kind, a tenth while it is paused by either side, and nothing when it ends', async () => {
  await using server = await startServer();
  const alice = await enter({ server, peerId: 'alice' });
  const bob = await enter({ server, peerId: 'bob' });
  const audio = await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
  const hears = await offered(bob, audio.id);
  await until(() => sent(server) === 100_000, 'the sound');
  const video = await alice.client.request('produce', plainVideo(alice.sendTransport, 2));
  await offered(bob, video.id);
  await until(() => sent(server) === 1_100_000, 'sound and picture');
  await bob.client.request('pauseConsumer', { consumerId: hears });
  await until(() => sent(server) === 1_010_000, 'paused by the one who receives');
  await alice.client.request('pauseProducer', { producerId: video.id });
  await until(() => sent(server) === 110_000, 'paused by the one who sends');
  await alice.client.request('resumeProducer', { producerId: video.id });
  await bob.client.request('resumeConsumer', { consumerId: hears });
  await until(() => sent(server) === 1_100_000, 'resumed');
  await alice.client.request('closeProducer', { producerId: video.id });
  await bob.client.request('leaveCall', {});
  await until(() => sent(server) === 0, 'the end');
});

test('a picture in several sizes costs nothing while none of them fits', async () => {
  await using server = await startServer();
  const alice = await enter({ server, peerId: 'alice' });
  const bob = await enter({ server, peerId: 'bob' });
  const { id } = await alice.client.request('produce', videoTrack(alice.sendTransport, 20));
  const consumerId = await offered(bob, id);
  const consumer = server.sfu.read.consumer('room', consumerId);
  expect(consumer).toMatchObject({ type: 'simulcast', currentLayers: null });
  await until(() => !server.sfu.read.consumer('room', consumerId).paused, 'it is started');
  expect(sent(server)).toBe(0);
});

/** Listeners who open a transport, as a client does before it joins. */
async function comeAtOnce(server: Server, many: number): Promise<number[]> {
  const members = await Promise.all(
    Array.from({ length: many }, (_, index) => enter({ server, peerId: `guest ${index}` })),
  );
  const { peers } = server.sfu.read.room('room');
  return members.map((_, index) => peers.find(({ id }) => id === `guest ${index}`)?.worker ?? -1);
}

test('many who come at once are spread before they receive anything, and those who only hear are not', async () => {
  const clock = new TestClock(Date.now());
  const environment = { TUREEN_WORKERS: '2', TUREEN_ROOM_MBPS_PER_WORKER: '4' };
  await using server = await startServer(environment, { clock });
  const alice = await enter({ server, peerId: 'alice' });
  await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
  const home = server.sfu.read.peer('room', 'alice').worker;
  expect(new Set(await comeAtOnce(server, 8))).toEqual(new Set([home ?? -1]));
  await alice.client.request('produce', videoTrack(alice.sendTransport, 2));
  const { routers } = server.sfu.room('room');
  await Promise.all(Array.from({ length: 8 }, () => routers.placePeer()));
  expect(routers.all).toHaveLength(2);
});

test('a place that nobody uses is free after ten seconds', async () => {
  const clock = new TestClock(Date.now());
  const environment = { TUREEN_WORKERS: '2', TUREEN_ROOM_MBPS_PER_WORKER: '1' };
  await using server = await startServer(environment, { clock });
  const alice = await enter({ server, peerId: 'alice' });
  await alice.client.request('produce', videoTrack(alice.sendTransport, 2));
  const { routers } = server.sfu.room('room');
  const first = await routers.placePeer();
  expect(await routers.place()).not.toBe(first);
  clock.advance(10_000);
  expect(await routers.place()).toBe(first);
});
