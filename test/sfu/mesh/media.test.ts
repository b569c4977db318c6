import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Demand, PipeRef } from '../../../src/sfu/media/node-link.ts';
import { closePublication, pausePublication, resumePublication } from '../../../src/sfu/rooms/publishing.ts';
import {
  closeSubscription,
  pauseSubscription,
  resumeSubscription,
} from '../../../src/sfu/rooms/subscribing.ts';
import { TestClock } from '../../support/clock.ts';
import { type TestLink, TestMesh } from '../../support/mesh.ts';
import { freePort } from '../../support/port.ts';
import { receivesOpusAndVp8 } from '../../support/rtp.ts';
import { RtpReceiver, RtpSender } from '../../support/rtp-peers.ts';
import { SignalingClient } from '../../support/signaling-client.ts';
import { until } from '../../support/until.ts';
import { killWorker } from '../../support/workers.ts';
import { enter, type Member } from '../../support/world.ts';

setDefaultTimeout(60_000);

test('what a peer sends on one node is received on another, over one pipe for each pair of nodes', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using audio = await RtpSender.open(mesh.server('a'));
  using video = await RtpSender.open(mesh.server('a'), { peerId: 'camera', kind: 'video', ssrc: 2000 });
  using one = await RtpReceiver.open(mesh.server('b'), 'one');
  using other = await RtpReceiver.open(mesh.server('b'), 'other');
  const subscriptions = await Promise.all([
    one.receive(audio.id),
    other.receive(audio.id),
    one.receive(video.id),
    other.receive(video.id),
  ]);
  await Promise.all([one.hears(20), other.hears(20)]);
  expect(subscriptions.map(({ publication }) => publication.info.peerId)).toEqual([
    ...['sender', 'sender'],
    ...['camera', 'camera'],
  ]);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.open')).toHaveLength(1);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.want')).toHaveLength(2);
  const [pipe] = await mesh.server('b').sfu.mesh.traffic();
  expect(pipe).toMatchObject({ roomId: 'room', life: 'a', direction: 'in' });
  expect(pipe?.statistics.rtpBytesReceived).toBeGreaterThan(0);
  // The producer here has the id that it has there.
  expect(subscriptions[0]?.consumer.producerId).toBe(audio.id);
});

/** Moves a clock on until something has come about, since what is started by a timer takes real time. */
async function advanceUntil(
  clock: TestClock,
  step: number,
  holds: () => boolean,
  what: string,
): Promise<void> {
  await until(() => {
    if (holds()) return true;
    clock.advance(step);
    return false;
  }, what);
}

/** The consumers by which a node sends to others. */
function sentBy(mesh: TestMesh, node: string): number {
  const { rooms } = mesh.server(node).sfu;
  return rooms.get('room')?.mesh?.outgoing.measured.length ?? 0;
}

const wants = (mesh: TestMesh, node: string) =>
  mesh
    .link(node)
    .asked.flatMap(({ name, data }) => (name === 'pipe.want' ? [(data as { demand: string }).demand] : []));

test('a pause of the origin stops the media, and receivers on other nodes are told; so does a mute', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using receiver = await RtpReceiver.open(mesh.server('b'));
  const told: string[] = [];
  const { events } = mesh.server('b').sfu;
  events.on('consumerPaused', ({ by }) => void told.push(`paused by ${by}`));
  events.on('consumerResumed', ({ by }) => void told.push(`resumed by ${by}`));
  const { consumer } = await receiver.receive(sender.id);
  await receiver.hears();
  await pausePublication(sender.room, sender.publication);
  await until(() => consumer.producerPaused, 'the pause');
  await resumePublication(sender.room, sender.publication);
  await until(() => !consumer.producerPaused, 'the resume');
  await receiver.hears();
  await mesh.server('a').sfu.muteProducer({
    ...{ roomId: 'room', peerId: 'sender', producerId: sender.id },
    by: { kind: 'admin', id: 'root' },
  });
  await until(() => consumer.producerPaused, 'the mute');
  expect(told).toEqual(['paused by producer', 'resumed by producer', 'paused by producer']);
  // Who comes late gets what is muted as muted.
  using late = await RtpReceiver.open(mesh.server('b'), 'late');
  expect((await late.receive(sender.id)).consumer.producerPaused).toBeTrue();
});

test('media that nobody watches is paused at its origin, flows again with a key frame, and leaves when it is not wanted', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using sender = await RtpSender.open(mesh.server('a'), { kind: 'video' });
  using receiver = await RtpReceiver.open(mesh.server('b'));
  const { room } = receiver;
  const subscription = await receiver.receive(sender.id);
  await receiver.hears();
  await pauseSubscription(room, subscription);
  clock.advance(999);
  expect(wants(mesh, 'b')).toEqual(['flowing']);
  clock.advance(1);
  expect(wants(mesh, 'b')).toEqual(['flowing', 'paused']);
  const asked = sender.keyFrameRequests;
  await resumeSubscription(room, subscription);
  await receiver.hears();
  expect(wants(mesh, 'b')).toEqual(['flowing', 'paused', 'flowing']);
  await until(() => sender.keyFrameRequests > asked, 'a request of a key frame');
  closeSubscription(subscription, 'peer');
  clock.advance(9999);
  expect(wants(mesh, 'b').at(-1)).toBe('paused');
  clock.advance(1);
  expect(wants(mesh, 'b').at(-1)).toBe('unwanted');
  // Ten seconds after its last track the pipe is closed, too, and its ports are free on both nodes.
  clock.advance(10_000);
  await until(() => sentBy(mesh, 'a') === 0, 'the end of the pipe');
  expect(room.mesh?.incoming).toEqual([]);
});

test('of two wants that come out of order the last one counts', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using receiver = await RtpReceiver.open(mesh.server('b'));
  await receiver.receive(sender.id);
  await receiver.hears();
  const data = mesh.link('b').asked.find(({ name }) => name === 'pipe.want')?.data as PipeRef;
  const want = (number: number, demand: Demand) =>
    mesh.link('b').ask('a', 'pipe.want', { ...data, producerId: sender.id, number, demand });
  await want(12, 'flowing');
  await want(11, 'unwanted');
  await receiver.hears();
  await want(14, 'unwanted');
  await want(13, 'flowing');
  const before = await rtpBytes(mesh, 'a', 'out');
  await sender.room.peers.get('sender')?.router?.router.dump();
  expect(await rtpBytes(mesh, 'a', 'out')).toBe(before);
});

/** Bytes of RTP that a node has sent to others, or taken from them. */
async function rtpBytes(mesh: TestMesh, node: string, direction: 'in' | 'out'): Promise<number> {
  const pipes = await mesh.server(node).sfu.mesh.traffic();
  const bytes = pipes
    .filter((pipe) => pipe.direction === direction)
    .map(({ statistics: { rtpBytesSent, rtpBytesReceived } }) =>
      direction === 'out' ? rtpBytesSent : rtpBytesReceived,
    );
  return bytes.reduce((sum, count) => sum + count, 0);
}

/** Lets two seconds pass in which a sends to b, after which b compares what was sent with what came. */
async function look(mesh: TestMesh, clock: TestClock): Promise<void> {
  const looks = () => mesh.link('b').answered.filter((name) => name === 'pipe.sent').length;
  const before = { sent: await rtpBytes(mesh, 'a', 'out'), looks: looks() };
  await until(async () => (await rtpBytes(mesh, 'a', 'out')) > before.sent, 'something to be sent');
  clock.advance(2000);
  await until(() => looks() > before.looks, 'the look');
  // What b reads of its own side of the pipe it reads before this.
  await rtpBytes(mesh, 'b', 'in');
}

test('an origin that closes while its media is being brought leaves nothing behind', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using receiver = await RtpReceiver.open(mesh.server('b'));
  const asking = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  mesh.link('b').intercept = async (name) => {
    if (name !== 'pipe.want') return;
    asking.resolve();
    await goOn.promise;
  };
  const receiving = receiver.receive(sender.id);
  await asking.promise;
  closePublication(sender.publication, 'peer', { kind: 'peer', id: 'sender' });
  await until(() => receiver.room.publications.length === 0, 'the end to be known');
  goOn.resolve();
  expect(await receiving.catch(({ code }) => code)).toMatch(/^(gone|not_found)$/);
  expect(receiver.peer.receiving.size).toBe(0);
  const [pipe] = receiver.room.mesh?.incoming ?? [];
  expect((await pipe?.transport.dump())?.producerIds).toEqual([]);
  const [sent] = sender.room.mesh?.outgoing.measured ?? [];
  expect((await sent?.transport.dump())?.consumerIds).toEqual([]);
});

test('when the worker of an origin dies, what it sent ends on the other node and its peer is told to have left', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using receiver = await RtpReceiver.open(mesh.server('b'));
  const left: string[] = [];
  mesh
    .server('b')
    .sfu.mesh.events.on('remotePeerLeft', ({ peerId, reason }) => void left.push(`${peerId} ${reason}`));
  const { consumer } = await receiver.receive(sender.id);
  await receiver.hears();
  killWorker(mesh.server('a'));
  await until(() => consumer.closed, 'the end of the consumer');
  expect(left).toEqual(['sender rejoin']);
  expect(receiver.room.publications).toEqual([]);
});

test('when a node is lost, everything of it ends, and comes again with it', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  using sender = await RtpSender.open(mesh.server('a'));
  using receiver = await RtpReceiver.open(mesh.server('b'));
  const { consumer } = await receiver.receive(sender.id);
  await receiver.hears();
  mesh.lose('a');
  await until(() => consumer.closed, 'the end of the consumer');
  expect(receiver.room.mesh?.incoming).toEqual([]);
  expect(receiver.room.publications).toEqual([]);
  mesh.comeBack('a');
  await receiver.receive(sender.id);
  await receiver.hears();
});

test('a pipe that stalls is built again, and the peer gets what it lost', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using sender = await RtpSender.open(mesh.server('a'));
  misdirect(mesh.link('b'), 1);
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  const first = await offerOf(alice, sender, 0);
  // One to compare with, and two in which nothing came although something was sent.
  for (let number = 1; number <= 3; number += 1) await look(mesh, clock);
  await alice.client.waitFor('consumerClosed');
  expect(alice.client.named('consumerClosed')).toEqual([{ consumerId: first.id, reason: 'producer_closed' }]);
  await offerOf(alice, sender, 1);
  await until(async () => (await rtpBytes(mesh, 'b', 'in')) > 0, 'media');
  for (let number = 1; number <= 3; number += 1) await look(mesh, clock);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.open')).toHaveLength(2);
  expect(mesh.server('b').sfu.mesh.counts).toMatchObject({ pipesRebuilt: 1, unreachable: 0 });
});

test('a node whose media never comes through is unreachable, joins go on, and it is tried again later', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using sender = await RtpSender.open(mesh.server('a'));
  const unreachable: string[] = [];
  mesh
    .server('b')
    .sfu.mesh.events.on('remoteProducerUnreachable', ({ cause }) => void unreachable.push(cause));
  misdirect(mesh.link('b'), 3);
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  await advanceUntil(clock, 500, () => unreachable.length > 0, 'the node to be unreachable');
  expect(unreachable[0]).toContain('3 times within a minute');
  expect(mesh.server('b').sfu.mesh.counts).toMatchObject({ pipesRebuilt: 3, unreachable: 1 });
  const offers = alice.client.named('newConsumer').length;
  const late = await enter({ server: mesh.server('b'), peerId: 'late' });
  expect(late.client.named('newConsumer')).toEqual([]);
  await advanceUntil(clock, 5000, () => alice.client.named('newConsumer').length > offers, 'another offer');
  await offerOf(late, sender, 0);
});

test('a pipe that its origin lost while a track was asked for is built again', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using sender = await RtpSender.open(mesh.server('a'));
  let asked = 0;
  mesh.link('b').intercept = async (name) => {
    if (name !== 'pipe.want') return;
    asked += 1;
    if (asked === 1) for (const { transport } of sender.room.mesh?.outgoing.measured ?? []) transport.close();
  };
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  await advanceUntil(clock, 500, () => alice.client.named('newConsumer').length > 0, 'an offer');
  await offerOf(alice, sender, 0);
  await until(async () => (await rtpBytes(mesh, 'b', 'in')) > 0, 'media');
});

test('without a free port a publication is unreachable, and comes when there is one', async () => {
  const clock = new TestClock();
  const port = await freePort();
  // The first pipe of each node takes the one port that the other node then has not.
  await using mesh = await TestMesh.of(['a', 'b'], { clock, portRange: { min: port, max: port } });
  using sender = await RtpSender.open(mesh.server('a'));
  const blocker = await Bun.udpSocket({ hostname: '127.0.0.1', port });
  const causes: string[] = [];
  mesh.server('b').sfu.mesh.events.on('remoteProducerUnreachable', ({ cause }) => void causes.push(cause));
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  await until(() => causes.length > 0, 'the publication to be unreachable');
  expect(causes[0]).toContain('TUREEN_PIPE_PORTS');
  expect(alice.client.named('newConsumer')).toEqual([]);
  blocker.close();
  expect(sender.publication.handle.closed).toBeFalse();
});

test('a peer on another worker of the receiving node gets it by a pipe between workers, also after the first one died', async () => {
  await using mesh = await TestMesh.of(['a', 'b'], {
    environment: { TUREEN_WORKERS: '2', TUREEN_ROOM_CONSUMERS_PER_WORKER: '1' },
  });
  using sender = await RtpSender.open(mesh.server('a'));
  using first = await RtpReceiver.open(mesh.server('b'), 'first');
  await first.receive(sender.id);
  const alice = await enter({ server: mesh.server('b'), peerId: 'alice' });
  await offerOf(alice, sender, 0);
  const [home, second] = mesh.server('b').sfu.snapshot().rooms[0]?.workers ?? [];
  expect(mesh.server('b').sfu.read.peer('room', 'alice').worker).toBe(second as number);
  expect(mesh.link('b').asked.filter(({ name }) => name === 'pipe.open')).toHaveLength(1);
  killWorker(mesh.server('b'), home);
  await alice.client.waitFor('consumerClosed');
  await offerOf(alice, sender, 1);
  expect(alice.client.named('rejoin')).toEqual([]);
});

/** The offer of what a sender publishes, after so many earlier ones. */
async function offerOf({ client }: Member, sender: RtpSender, earlier: number) {
  const offers = () => client.named('newConsumer').filter(({ producerId }) => producerId === sender.id);
  await until(() => offers().length > earlier, 'an offer');
  return offers()[earlier] as { id: string };
}

/** Gives the other node an address that nobody listens on, so many times: its media goes nowhere. */
function misdirect(link: TestLink, times: number): void {
  let left = times;
  link.intercept = async (name, data) => {
    if (name !== 'pipe.open' || left === 0) return;
    left -= 1;
    (data as { side: { port: number } }).side.port = 9;
  };
}

test('a fast join does not wait for a node that is slow to send, and gets its media when it has come', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  using slow = await RtpSender.open(mesh.server('a'));
  using near = await RtpSender.open(mesh.server('b'), { peerId: 'near', ssrc: 3000 });
  const goOn = Promise.withResolvers<void>();
  mesh.link('b').intercept = () => goOn.promise;
  const place = { server: mesh.server('b'), peerId: 'alice', path: '/signaling?fast=1&' };
  const alice = await SignalingClient.connect(place);
  await alice.waitFor('welcome');
  const joining = alice.request('join', { displayName: 'alice', rtpCapabilities: receivesOpusAndVp8 });
  await until(() => mesh.link('b').asked.length > 0, 'the request');
  clock.advance(500);
  const { peers, consumers } = await joining;
  expect(peers.map(({ id }) => id).toSorted()).toEqual(['near', 'sender']);
  expect(consumers?.map(({ producerId }) => producerId)).toEqual([near.id]);
  goOn.resolve();
  expect((await alice.waitFor('newConsumer')).producerId).toBe(slow.id);
});
