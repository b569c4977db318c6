import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import {
  createHeadlessClient,
  createRtpTrack,
  RtpHeader,
  RtpPacket,
  receiveRtp,
} from '../../client/headless.ts';
import type { TureenClient } from '../../client/index.ts';
import { Overlap } from '../../client/overlap.ts';
import type { Connection } from '../../src/signaling/connection.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { until } from '../support/until.ts';

setDefaultTimeout(60_000);

let mesh: BusMesh;
const clients: TureenClient[] = [];
beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b'], { TUREEN_WORKERS: '1' });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});
afterAll(() => mesh[Symbol.asyncDispose]());

const urlOf = (node: string) => `http://127.0.0.1:${mesh.server(node).port}`;

async function enter(node: string, peerId: string): Promise<TureenClient> {
  const client = createHeadlessClient({ url: urlOf(node), roomId: 'room', peerId, displayName: peerId });
  clients.push(client);
  await client.join();
  return client;
}

/** Says something every 10 ms. @returns what ends it, with how often it did */
function chatter(say: (count: number) => void): () => number {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    say(count);
  }, 10);
  return () => {
    clearInterval(timer);
    return count;
  };
}

test('what is said while one of them moves comes once, in its order, and the voice goes on, over real WebRTC', async () => {
  const [alice, bob] = [await enter('a', 'alice'), await enter('a', 'bob')];
  const heard: Record<string, string[]> = { alice: [], bob: [] };
  for (const client of [alice, bob])
    client.on('data', ({ data }) => heard[client.peerId]?.push(String(data)));
  const [ofAlice, ofBob] = [await alice.openChannel('count'), await bob.openChannel('count')];
  const voice = createRtpTrack('audio');
  const arriving = bob.once('trackAdded');
  await alice.publish(voice.track, 'microphone');
  const { track } = await arriving;
  const packets: { at: number; payload: string }[] = [];
  const listen = () =>
    receiveRtp(track, ({ payload }) => packets.push({ at: performance.now(), payload: payload.toString() }));
  listen();
  track.on('replaced', listen);
  const failures: unknown[] = [];
  const stops = [
    chatter((count) => ofAlice.send(`alice ${count}`).catch((error) => failures.push(error))),
    chatter((count) => ofBob.send(`bob ${count}`).catch((error) => failures.push(error))),
  ];
  const stopVoice = chatter((count) => {
    const header = new RtpHeader({
      sequenceNumber: count,
      timestamp: count * 480,
      payloadType: 111,
      ssrc: 1,
    });
    voice.write(new RtpPacket(header, Buffer.from(`${count}`)));
  });
  await until(() => Object.values(heard).every(({ length }) => length > 20) && packets.length > 20, 'words');
  const link = mesh.server('a').sfu.room('room').peers.get('alice')?.link as Connection | undefined;
  link?.notify('move', { url: urlOf('b'), reason: 'test' });
  await alice.once('moved');
  const before = packets.length;
  await until(() => packets.length > before + 20, 'the voice over the other server');
  const [byAlice = 0, byBob = 0] = stops.map((stop) => stop());
  stopVoice();
  await until(
    () => heard.bob?.at(-1) === `alice ${byAlice}` && heard.alice?.at(-1) === `bob ${byBob}`,
    'the last',
  );
  const all = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);
  expect(failures).toEqual([]);
  expect(heard.bob).toEqual(all('alice', byAlice));
  expect(heard.alice?.toSorted()).toEqual(all('bob', byBob).toSorted());
  const gaps = packets.slice(1).map(({ at }, index) => at - (packets[index]?.at ?? at));
  console.log(`the longest time between two packets of the voice was ${Math.round(Math.max(...gaps))} ms`);
  expect(track.ended).toBe(false);
});

test('a message that comes over two connections is shown once, and one that is said twice, twice', () => {
  let now = 0;
  const overlap = new Overlap(() => now);
  const [former, next] = [{}, {}];
  const shown = (by: object, data: string | ArrayBuffer, peerId = 'bob') =>
    !overlap.hasShown({ by, peerId, label: 'count', data });
  // Before the channel comes over the next connection, too, nothing can come twice.
  expect([shown(former, 'a'), shown(former, 'a')]).toEqual([true, true]);
  overlap.begin('bob', 'count');
  expect([shown(former, 'a'), shown(next, 'a')]).toEqual([true, false]);
  expect([shown(former, 'b'), shown(former, 'b'), shown(next, 'b'), shown(next, 'b')]).toEqual([
    ...[true, true],
    ...[false, false],
  ]);
  expect([shown(next, 'c'), shown(former, 'c'), shown(next, 'c')]).toEqual([true, false, true]);
  const bytes = (...values: number[]) => new Uint8Array(values).buffer;
  expect([shown(former, bytes(1, 2)), shown(next, bytes(1, 2)), shown(next, bytes(1))]).toEqual([
    true,
    false,
    true,
  ]);
  expect([shown(former, '\u0001'), shown(next, 'a', 'carol')]).toEqual([true, true]);
  // What was said long ago is said again.
  now += 5000;
  expect([shown(next, 'a'), shown(next, 'b')]).toEqual([true, true]);
  overlap.end();
  now += 5000;
  expect([shown(next, 'd'), shown(former, 'd')]).toEqual([true, true]);
});
