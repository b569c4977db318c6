import { expect, test } from 'bun:test';
import { AudioRoom, packetSize } from '../../bench/loads/audio-room.ts';
import { allMetrics } from '../../metrics/collection.ts';
import { Page } from '../../metrics/page.ts';
import { Sampler } from '../../metrics/sampler/sampler.ts';
import type { Server } from '../../src/app/server.ts';
import { openPipeTransport } from '../../src/sfu/rooms/rtp-transports.ts';
import { subscribe } from '../../src/sfu/rooms/subscribing.ts';
import { TestClock } from '../support/clock.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';
import { growingSeries, scrape, scrapeUntil, sumOf } from './support.ts';

/** A server whose sampler runs only when a test says so. */
const quiet = { TUREEN_STATS_INTERVAL_SECONDS: '300' };
const pass = (server: Server) => server.measurements.sampler.pass({ hurry: true });
const by = { kind: 'admin', id: 'root' } as const;

async function untilSum(server: Server, name: string, sum: number): Promise<void> {
  await scrapeUntil(server, (text) => sumOf(text, name) >= sum);
}

test('packets and bytes of producers and consumers are what was sent', async () => {
  await using server = await startServer(quiet);
  using room = await AudioRoom.open(server.sfu);
  await Promise.all([room.receive(), room.receive(), room.receive()]);
  await room.deliver(50);
  await pass(server);
  const text = await scrape(server);
  const audio = { kind: 'audio', codec: 'opus' };
  expect(sumOf(text, 'tureen_producer_packets_total', { ...audio, source: 'audio' })).toBe(50);
  expect(sumOf(text, 'tureen_producer_bytes_total', audio)).toBe(50 * packetSize);
  expect(sumOf(text, 'tureen_consumer_packets_total', audio)).toBe(150);
  expect(sumOf(text, 'tureen_producers', { ...audio, state: 'flowing' })).toBe(1);
  expect(sumOf(text, 'tureen_consumers', { ...audio, state: 'flowing' })).toBe(3);
  expect(sumOf(text, 'tureen_stream_score_count', { side: 'consumer' })).toBe(3);
  // A transport counts what is around the packets as well.
  const inRtp = sumOf(text, 'tureen_transport_bytes_total', { direction: 'in', content: 'rtp' });
  expect(inRtp).toBeGreaterThanOrEqual(50 * packetSize);
});

test('what telephones speak is counted under its own name', async () => {
  await using server = await startServer({ ...quiet, TUREEN_CODECS: 'PCMU' });
  using room = await AudioRoom.open(server.sfu, { voice: 'PCMU' });
  await room.receive();
  await room.deliver(20);
  await pass(server);
  const text = await scrape(server);
  const pcmu = { kind: 'audio', codec: 'pcmu' };
  expect(sumOf(text, 'tureen_producer_packets_total', { ...pcmu, source: 'audio' })).toBe(20);
  expect(sumOf(text, 'tureen_consumer_packets_total', pcmu)).toBe(20);
  expect(sumOf(text, 'tureen_producers', { ...pcmu, state: 'flowing' })).toBe(1);
  expect(sumOf(text, 'tureen_producers')).toBe(1);
  for (const codec of ['pcma', 'g722', 'telephone-event'])
    expect(text).toContain(`tureen_consumer_packets_total{kind="audio",codec="${codec}",`);
});

test('a second pass counts only what is new', async () => {
  await using server = await startServer(quiet);
  using room = await AudioRoom.open(server.sfu);
  for (const packets of [10, 0, 5]) {
    await room.deliver(packets);
    await pass(server);
  }
  expect(sumOf(await scrape(server), 'tureen_producer_packets_total')).toBe(15);
});

test('what goes through a pipe to another server is left out, for it is counted where it came from', async () => {
  await using server = await startServer(quiet);
  using audio = await AudioRoom.open(server.sfu);
  const { room, sender } = audio;
  await audio.receive();
  const pipe = { producing: false, consuming: true, enableRtx: false, enableSrtp: false };
  const { transport } = await openPipeTransport(room, sender, pipe);
  const [publication] = audio.publications;
  if (!publication) throw new Error('nothing is published');
  await subscribe(room, sender, publication, { paused: false, transportId: transport.id });
  await pass(server);
  expect(sumOf(await scrape(server), 'tureen_consumers')).toBe(1);
});

const endings: Readonly<Record<string, (server: Server, room: AudioRoom) => void>> = {
  'its producer is closed': ({ sfu }, { sender, publications }) => {
    for (const { info } of publications) sfu.closeProducer({ ...sender.ref, producerId: info.id, by });
  },
  'its transport is closed': (_server, { sender, sending }) => sender.closeTransport(sending, 'closed'),
  'its peer is removed': ({ sfu }, { sender }) =>
    void sfu.removePeer({ ...sender.ref, by, reason: 'a test' }),
  'its room is closed': ({ sfu }, { room }) => sfu.closeRoom({ roomId: room.id, by }),
  'its room moves': ({ sfu }, { room }) => sfu.moveRoom({ roomId: room.id, workerIndex: 0 }),
};

for (const [ending, end] of Object.entries(endings)) {
  test(`what a stream did since its last sample is counted when ${ending}`, async () => {
    await using server = await startServer(quiet);
    using room = await AudioRoom.open(server.sfu);
    await Promise.all([room.receive(), room.receive()]);
    await room.deliver(10);
    await pass(server);
    await room.deliver(30);
    end(server, room);
    await untilSum(server, 'tureen_producer_packets_total', 40);
    await untilSum(server, 'tureen_consumer_packets_total', 80);
    const text = await scrape(server);
    expect(sumOf(text, 'tureen_producer_packets_total')).toBe(40);
    expect(sumOf(text, 'tureen_consumer_packets_total')).toBe(80);
  });
}

test('what a consumer did since its last sample is counted when it closes, and the others go on', async () => {
  await using server = await startServer(quiet);
  using room = await AudioRoom.open(server.sfu);
  const [[first]] = await Promise.all([room.receive(), room.receive()]);
  if (!first) throw new Error('nothing is received');
  await room.deliver(10);
  server.sfu.closeConsumer({ ...first.peer.ref, consumerId: first.consumer.id, by });
  await untilSum(server, 'tureen_consumer_packets_total', 10);
  await room.deliver(10);
  await pass(server);
  expect(sumOf(await scrape(server), 'tureen_consumer_packets_total')).toBe(30);
});

test('closing waits for no statistics', async () => {
  await using server = await startServer(quiet);
  using room = await AudioRoom.open(server.sfu);
  const { sender, sending, publications } = room;
  await room.deliver(10);
  for (const { info, producer } of publications) {
    server.sfu.closeProducer({ ...sender.ref, producerId: info.id, by });
    expect(producer.closed).toBe(true);
  }
  sender.closeTransport(sending, 'closed');
  expect(sending.transport.closed).toBe(true);
  await untilSum(server, 'tureen_producer_packets_total', 10);
});

test('counters never go down over the life and death of peers, producers, rooms and workers', async () => {
  const world = await createWorld({ environment: quiet });
  await using server = world.server as typeof world.server & AsyncDisposable;
  let last = new Map<string, number>();
  const look = async () => {
    await pass(server);
    const now = growingSeries(await scrape(server));
    const lower = [...last].filter(([series, value]) => !((now.get(series) ?? -1) >= value));
    expect(lower).toEqual([]);
    last = now;
  };
  await look();
  using room = await AudioRoom.open(server.sfu);
  await room.receive();
  await room.deliver(20);
  await look();
  for (const { info } of room.publications)
    server.sfu.closeProducer({ ...room.sender.ref, producerId: info.id, by });
  await look();
  await world.alice.request('closeProducer', { producerId: world.ids.producer ?? '' });
  await look();
  await world.alice.close();
  await look();
  server.sfu.closeRoom({ roomId: 'room', by });
  await look();
  const died = new Promise((resolve) => server.sfu.events.on('workerDied', resolve));
  process.kill(server.sfu.read.workers()[0]?.pid ?? 0, 'SIGKILL');
  await died;
  await look();
  await until(() => server.sfu.read.workers()[0]?.pid !== null, 'the new worker');
  using again = await AudioRoom.open(server.sfu, { roomId: 'again' });
  await again.deliver(5);
  await look();
  expect(sumOf(await scrape(server), 'tureen_producer_packets_total')).toBe(25);
  expect(last.size).toBeGreaterThan(500);
});

test('nothing is kept of objects that have closed, whether their worker lives or not', async () => {
  await using server = await startServer(quiet);
  const { sfu } = server;
  const options = { page: new Page(allMetrics), sfu, clock: new TestClock(), loopLag: { worst: () => 0 } };
  const sampler = new Sampler({ ...options, intervalSeconds: 300, onError: () => {} });
  const sampled: string[] = [];
  const closed: string[] = [];
  for (const kind of ['transport', 'producer', 'consumer'] as const) {
    const start = ({ id }: { id: string }) => ({
      sample: () => void sampled.push(id),
      closed: () => void closed.push(id),
    });
    sampler.follow(kind, { start, onError: () => {} });
  }
  // In the place of the server's own.
  sampler.start();
  using room = await AudioRoom.open(sfu);
  const subscriptions = await room.receive();
  const { transport } = room.sending;
  const carried = [
    ...room.publications.map(({ producer }) => producer),
    ...subscriptions.map((each) => each.consumer),
  ];
  const ends = [transport, ...carried].map(({ id }) => id);
  room.sender.closeTransport(room.sending, 'closed');
  await until(
    () => sampled.length === 3 && closed.length === 3,
    'the last samples of what it carried, and its end',
  );
  expect(sampled.sort()).toEqual(ends.sort());
  expect(closed.sort()).toEqual(ends.sort());
  const died = new Promise((resolve) => sfu.events.on('workerDied', resolve));
  process.kill(sfu.read.workers()[0]?.pid ?? 0, 'SIGKILL');
  await died;
  expect(sampled).toHaveLength(3);
  expect(closed).toHaveLength(4);
  sampler.close();
});

test('changes of layers are counted by where they lead', async () => {
  await using server = await startServer(quiet);
  using room = await AudioRoom.open(server.sfu);
  const [subscription] = await room.receive();
  if (!subscription) throw new Error('nothing is received');
  const { peer, publication, consumer } = subscription;
  const { id: producerId, peerId: producerPeerId, kind } = publication.info;
  const change = (spatialLayer?: number, temporalLayer = 0) =>
    server.sfu.events.emit('consumerLayers', {
      ...peer.ref,
      consumerId: consumer.id,
      producerId,
      producerPeerId,
      kind,
      layers: spatialLayer === undefined ? undefined : { spatialLayer, temporalLayer },
    });
  change(0);
  change(2);
  change(2, 1);
  change(1);
  change();
  const text = await scrape(server);
  const changes = (name: string) => sumOf(text, 'tureen_consumer_layer_switches_total', { change: name });
  expect(['started', 'up', 'temporal', 'down', 'stopped'].map(changes)).toEqual([1, 1, 1, 1, 1]);
});

test('transports are counted by the state of ICE, DTLS and data channels', async () => {
  await using world = await createWorld({ environment: quiet });
  // The world waits for what alice receives alone.
  await world.bob.waitFor('newDataConsumer');
  await pass(world.server);
  const text = await scrape(world.server);
  expect(sumOf(text, 'tureen_transports_by_ice', { state: 'new', protocol: 'none' })).toBe(4);
  expect(sumOf(text, 'tureen_transports_by_dtls', { state: 'new' })).toBe(4);
  expect(sumOf(text, 'tureen_transports_opened_total')).toBe(4);
  expect(sumOf(text, 'tureen_data_producers')).toBe(2);
  expect(sumOf(text, 'tureen_data_consumers')).toBe(2);
  expect(
    sumOf(text, 'tureen_consumers_by_layer', { view: 'effective', dimension: 'spatial', layer: 'none' }),
  ).toBe(1);
});
