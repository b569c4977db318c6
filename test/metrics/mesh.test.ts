import { expect, setDefaultTimeout, test } from 'bun:test';
import { mesh, metrics } from '../../metrics/collectors/mesh.ts';
import { MemoryHub } from '../../src/cluster/memory-bus.ts';
import { pass, TestNode } from '../cluster/test-node.ts';
import { TestClock } from '../support/clock.ts';
import { TestMesh } from '../support/mesh.ts';
import { RtpReceiver, RtpSender } from '../support/rtp-peers.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { collecting, collectingIn, readPage, scrape, sumOf } from './support.ts';

setDefaultTimeout(60_000);

/** Three nodes that know each other, and what the first one measures. */
async function threeNodes() {
  const clock = new TestClock();
  const hub = new MemoryHub(clock);
  const ends = new AsyncDisposableStack();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => ends.use(new TestNode({ hub, clock, name }))) as [
    ...[TestNode, TestNode, TestNode],
  ];
  const { text } = collectingIn(a.mesh, mesh);
  await pass(clock, 5000);
  const value = async (metric: { name: string }, labels?: Record<string, string>) =>
    sumOf(await text(), metric.name, labels);
  return { clock, hub, a, b, c, value, text, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

test('the bus is up, and each return of a connection counts', async () => {
  await using world = await threeNodes();
  expect(await world.value(metrics.busUp)).toBe(2);
  expect(await world.value(metrics.reconnects)).toBe(0);
  world.hub.kill();
  expect(await world.value(metrics.busUp)).toBe(0);
  world.hub.restart();
  expect(await world.value(metrics.busUp, { connection: 'control' })).toBe(1);
  expect(await world.value(metrics.reconnects, { connection: 'control' })).toBe(1);
  expect(await world.value(metrics.reconnects, { connection: 'data' })).toBe(1);
});

test('nodes are living, and stale while nothing is heard of them', async () => {
  await using world = await threeNodes();
  expect(await world.value(metrics.nodes, { state: 'living' })).toBe(2);
  // Its media still comes, so it has not ended.
  world.c.bus.publish = () => false;
  for (let second = 1; second <= 6; second += 1) {
    world.a.received.set(world.c.life, { bytes: second, expectedWithin: 1000 });
    await pass(world.clock, 1000);
  }
  expect(await world.value(metrics.nodes, { state: 'living' })).toBe(1);
  expect(await world.value(metrics.nodes, { state: 'stale' })).toBe(1);
});

test('the clock that differs most from this one is shown, in whichever direction', async () => {
  await using world = await threeNodes();
  expect(await world.value(metrics.clockOffset)).toBe(0);
  const { now } = world.c.clock;
  world.c.clock.now = () => now.call(world.c.clock) - 7000;
  // It is read from the last thirty heartbeats.
  await pass(world.clock, 32_000);
  expect(await world.value(metrics.clockOffset)).toBe(7);
});

test('shares are counted by who says them, and requests by what became of them', async () => {
  await using world = await threeNodes();
  world.b.domain.open('room');
  world.b.domain.put('room', 'bob');
  await pass(world.clock, 200);
  world.a.domain.open('room');
  await pass(world.clock, 500);
  expect(await world.value(metrics.shares, { origin: 'local' })).toBe(1);
  expect(await world.value(metrics.shares, { origin: 'remote' })).toBe(1);
  const answered = await world.value(metrics.requests, { outcome: 'answered' });
  expect(answered).toBeGreaterThan(0);
  expect(await world.value({ name: `${metrics.requestDuration.name}_count` })).toBe(answered);
  // A refusal is an answer.
  const close = () =>
    world.a.mesh.ask(world.b.life, 'pipe.close', { roomId: 'room', pipeId: crypto.randomUUID() });
  const refused = close().catch(({ code }) => code);
  await pass(world.clock, 100);
  expect(await refused).toBe('not_found');
  expect(await world.value(metrics.requests, { outcome: 'answered' })).toBe(answered + 1);
  world.hub.freeze();
  const late = close().catch(({ code }) => code);
  await pass(world.clock, 2000);
  expect(await late).toBe('gone');
  expect(await world.value(metrics.requests, { outcome: 'timeout' })).toBe(1);
  world.hub.kill();
  expect(await close().catch(({ code }) => code)).toBe('gone');
  expect(await world.value(metrics.requests, { outcome: 'away' })).toBe(1);
});

test('messages that are dropped count by their reason', async () => {
  await using world = await threeNodes();
  const stranger = world.hub.connect('stranger');
  world.a.domain.open('room');
  stranger.publish('t.eA.x.node.beat', new TextEncoder().encode('{"version":1}'));
  stranger.publish('t.eA.x.node.bye', new TextEncoder().encode('no'));
  stranger.publish(
    `t.eA.x.ask.${world.a.life}.share.fetch`,
    new TextEncoder().encode('{"roomId":"room","page":null}'),
  );
  await pass(world.clock, 100);
  expect(await world.value(metrics.dropped, { reason: 'malformed' })).toBe(2);
  expect(await world.value(metrics.dropped, { reason: 'unknown_node' })).toBe(1);
});

test('what pipes carry is counted on both sides, and the sending side knows the round trip', async () => {
  await using nodes = await TestMesh.of(['a', 'b']);
  await using world = await threeNodes();
  using sender = await RtpSender.open(nodes.server('a'));
  using receiver = await RtpReceiver.open(nodes.server('b'));
  await receiver.receive(sender.id);
  await receiver.hears(20);
  const measured = (name: string) => {
    const { sfu, sampler, text } = collectingIn(world.a.mesh, mesh);
    // The nodes of the two meshes are different ones: the one has the bus, the other one the media.
    sfu.mesh.readPipes = () => nodes.server(name).sfu.mesh.readPipes();
    return async () => {
      await sampler.pass({ hurry: true });
      return await text();
    };
  };
  const [out, into] = [measured('a'), measured('b')];
  const sent = await out();
  expect(sumOf(sent, metrics.pipes.name, { direction: 'out' })).toBe(1);
  expect(sumOf(sent, metrics.pipes.name, { direction: 'in' })).toBe(0);
  expect(sumOf(sent, metrics.pipeBytes.name, { direction: 'out' })).toBeGreaterThan(500);
  const received = await into();
  expect(sumOf(received, metrics.pipes.name, { direction: 'in' })).toBe(1);
  const packets = sumOf(received, metrics.pipePackets.name);
  expect(packets).toBeGreaterThanOrEqual(20);
  await receiver.hears(20);
  // Only what is new counts.
  const later = sumOf(await into(), metrics.pipePackets.name);
  expect(later).toBeGreaterThan(packets);
  const [pipe] = await nodes.server('b').sfu.mesh.readPipes();
  expect(later).toBeLessThanOrEqual(pipe?.streams[0]?.packets ?? 0);
  await until(
    async () => sumOf(await out(), `${metrics.pipeRoundTrip.name}_count`) > 0,
    'a report of the receiving side',
  );
});

test('peers of other nodes are counted, whoever has the rooms', async () => {
  await using nodes = await TestMesh.of(['a', 'b']);
  using _sender = await RtpSender.open(nodes.server('a'));
  using _receiver = await RtpReceiver.open(nodes.server('b'));
  const counts = () => ['a', 'b'].map((name) => nodes.server(name).sfu.mesh.remotePeers);
  await until(() => counts().join() === '1,1', 'the peers of the other node');
});

test('a node without a bus shows no connection, and asks its workers for no pipes', async () => {
  const { sfu, sampler, text } = collecting(mesh);
  sfu.mesh.readPipes = () => Promise.reject(new Error('it was asked'));
  await sampler.pass({ hurry: true });
  const alone = readPage(await text());
  expect(alone.get(metrics.busUp.name)?.series.size).toBe(0);
  await using server = await startServer();
  const page = await scrape(server);
  for (const { name } of Object.values(metrics)) expect(sumOf(page, name), name).toBe(0);
  expect(readPage(page).get(metrics.busUp.name)?.series.size).toBe(0);
});
