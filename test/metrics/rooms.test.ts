import { expect, test } from 'bun:test';
import { AudioRoom } from '../../bench/loads/audio-room.ts';
import { type Quality, topRooms } from '../../metrics/top.ts';
import { startServer } from '../support/server.ts';
import { createWorld } from '../support/world.ts';
import { promtool, readPage, sumOf } from './support.ts';

test('the page of a room names its peers, producers and consumers, which the page of the node does not', async () => {
  await using world = await createWorld();
  const base = `http://127.0.0.1:${world.server.port}/metrics`;
  const text = await (await fetch(`${base}/rooms/room`)).text();
  expect(sumOf(text, 'tureen_room_peer_info', { peer: 'alice', state: 'joined' })).toBe(1);
  expect(sumOf(text, 'tureen_room_peer_info')).toBe(2);
  const streams = [...(readPage(text).get('tureen_room_stream_score')?.series.keys() ?? [])];
  expect(streams.some((series) => series.includes(`id="${world.ids.consumer}"`))).toBe(true);
  expect(sumOf(text, 'tureen_room_streams_left_out')).toBe(0);
  expect(await promtool(['check', 'metrics'], text)).toEqual({ exitCode: 0, output: '' });
  expect(await (await fetch(base)).text()).not.toContain('alice');
});

test('names that look like labels stay inside of their quotes', async () => {
  const evil = 'a"} 1\\';
  await using world = await createWorld({ name: evil });
  const response = await fetch(`http://127.0.0.1:${world.server.port}/metrics/rooms/room`);
  const text = await response.text();
  expect((await promtool(['check', 'metrics'], text)).exitCode).toBe(0);
  expect(text).toContain('name="a\\"} 1\\\\"');
});

test('a room that is not there is answered with 404', async () => {
  await using world = await createWorld();
  const response = await fetch(`http://127.0.0.1:${world.server.port}/metrics/rooms/elsewhere`);
  expect(response.status).toBe(404);
});

test('the worst rooms come first by each measure, ten of each, and rooms without streams not at all', () => {
  const qualities = new Map<string, Quality[]>([['empty', []]]);
  for (let index = 0; index < 15; index += 1) {
    const roundTripSeconds = index / 10;
    const quality = { lossRatio: index / 100, score: index === 14 ? 10 : 5 + index / 10 };
    qualities.set(`room ${index}`, [index % 2 === 0 ? { ...quality, roundTripSeconds } : quality]);
  }
  const read = { roomIds: () => [...qualities.keys()], peerIds: () => ['peer'] };
  const of = (roomId: string) => qualities.get(roomId) ?? [];
  const { byLoss, byRoundTrip, byScore } = topRooms(read, { of });
  expect(byLoss.map(({ roomId }) => roomId).slice(0, 2)).toEqual(['room 14', 'room 13']);
  expect(byLoss).toHaveLength(10);
  expect(byRoundTrip.map(({ roomId }) => roomId).slice(0, 2)).toEqual(['room 14', 'room 12']);
  expect(byRoundTrip).toHaveLength(8);
  expect(byScore[0]).toEqual({
    roomId: 'room 0',
    peers: 1,
    streams: 1,
    lossRatio: 0,
    roundTripSeconds: 0,
    score: 5,
  });
  expect(byScore.some(({ roomId }) => roomId === 'empty')).toBe(false);
});

test('GET /metrics/top gives the lists as JSON', async () => {
  await using world = await createWorld();
  const response = await fetch(`http://127.0.0.1:${world.server.port}/metrics/top`);
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(await response.json()).toEqual({ byLoss: [], byRoundTrip: [], byScore: [] });
});

test('a room is as good as its tracks were when they were last sampled, and forgotten when they close', async () => {
  await using server = await startServer({ TUREEN_STATS_INTERVAL_SECONDS: '300' });
  using room = await AudioRoom.open(server.sfu, { roomId: 'heard' });
  await room.receive();
  await room.deliver(20);
  await server.measurements.sampler.pass({ hurry: true });
  expect(server.measurements.top().byLoss).toEqual([
    { roomId: 'heard', peers: 2, streams: 2, lossRatio: 0, roundTripSeconds: null, score: 10 },
  ]);
  server.sfu.closeRoom({ roomId: 'heard', by: { kind: 'admin', id: 'root' } });
  expect(server.measurements.top().byLoss).toEqual([]);
});
