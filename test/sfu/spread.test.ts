import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { receivesOpusAndVp8 } from '../support/rtp.ts';
import { logLines, startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';
import { Witness } from '../support/witness.ts';
import { killWorker, replaceWorker, workerPid } from '../support/workers.ts';
import { audioTrack, dataChannel, enter, type Member, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

/** A room leaves its worker for the next one as soon as anything is received on it. */
const spreading = { TUREEN_WORKERS: '2', TUREEN_ROOM_CONSUMERS_PER_WORKER: '1' };

interface Sender extends Member {
  readonly audio: string;
}

/** Alice and Bob are on the first worker of the room, Carol is on the second one; all publish a microphone. */
async function spreadRoom(server: Server) {
  const alice = await sendingPeer(server, 'alice', 1);
  const bob = await sendingPeer(server, 'bob', 2);
  await bob.client.waitFor('newConsumer');
  const carol = await sendingPeer(server, 'carol', 3);
  const [home, second] = server.sfu.snapshot().rooms[0]?.workers ?? [];
  expect(second).not.toBe(home);
  expect(['alice', 'bob', 'carol'].map((id) => workerOf(server, id))).toEqual([home, home, second]);
  return { alice, bob, carol, home: home ?? -1, second: second ?? -1 };
}

async function sendingPeer(server: Server, peerId: string, ssrc: number): Promise<Sender> {
  const member = await enter({ server, peerId });
  const { id: audio } = await member.client.request('produce', audioTrack(member.sendTransport, ssrc));
  return { ...member, audio };
}

function workerOf(server: Server, peerId: string): number | null | undefined {
  return peerOf(server, peerId)?.worker;
}

function peerOf(server: Server, peerId: string) {
  return server.sfu.snapshot().rooms[0]?.peers.find(({ id }) => id === peerId);
}

/** Waits until a peer was offered this producer. @returns the consumer's data */
function offered({ client }: Member, producerId: string) {
  return client.waitFor('newConsumer', (data) => data.producerId === producerId);
}

/** Lets a worker's process stand still until it is told to go on, or killed, or the test ends. */
function halt(server: Server, index: number): Disposable & { goOn(): void; kill(): void } {
  const pid = workerPid(server, index);
  const signal = (name: NodeJS.Signals) => process.kill(pid, name);
  let gone = false;
  signal('SIGSTOP');
  return {
    goOn: () => void signal('SIGCONT'),
    kill() {
      gone = signal('SIGKILL');
    },
    [Symbol.dispose]() {
      if (!gone) signal('SIGCONT');
    },
  };
}

/** Builds a peer's media anew on the socket that it has, as `rejoin` asks. */
async function rejoin({ client }: Member, ssrc: number): Promise<Sender> {
  const { id: sendTransport } = await client.request('createWebRtcTransport', { producing: true });
  const { id: recvTransport } = await client.request('createWebRtcTransport', { consuming: true });
  await client.request('join', { displayName: 'again', rtpCapabilities: receivesOpusAndVp8 });
  const { id: audio } = await client.request('produce', audioTrack(sendTransport, ssrc));
  return { client, sendTransport, recvTransport, audio };
}

/** Producers that the observers of the room listen to, as the media worker of their router knows them. */
async function observed(server: Server): Promise<string[]> {
  const room = server.sfu.room('room');
  const { home } = room.routers;
  if (!home || !room.observers.listensOn(home)) return [];
  const { mapProducerIdObserverIds } = await home.router.dump();
  return mapProducerIdObserverIds
    .filter(({ values }) => values.length === 2)
    .map(({ key }) => key)
    .toSorted();
}

async function untilObserved(server: Server, producerIds: readonly string[]): Promise<void> {
  const wanted = producerIds.toSorted().join();
  await eventually(
    `what the observers hear being ${wanted}`,
    async () => (await observed(server)).join(),
    (heard) => heard === wanted,
  );
}

test('peers on different workers get what the others publish: audio, simulcast video and data', async () => {
  await using server = await startServer(spreading);
  const spread: number[] = [];
  server.sfu.events.on('roomSpread', ({ workerIndex }) => void spread.push(workerIndex));
  const { alice, bob, carol, second } = await spreadRoom(server);
  expect(spread).toEqual([second]);
  const all = [alice, bob, carol];
  for (const receiver of all) {
    for (const sender of all) if (sender !== receiver) await offered(receiver, sender.audio);
  }
  const camera = await alice.client.request('produce', videoTrack(alice.sendTransport, 100));
  const screen = await carol.client.request('produce', videoTrack(carol.sendTransport, 200));
  const chat = await carol.client.request('produceData', dataChannel(carol.sendTransport, 1));
  const file = await bob.client.request('produceData', {
    ...dataChannel(bob.sendTransport, 1),
    label: 'file',
  });
  expect(await offered(carol, camera.id)).toEqual(
    expect.objectContaining({ peerId: 'alice', type: 'simulcast', transportId: carol.recvTransport }),
  );
  expect(await offered(alice, screen.id)).toEqual(
    expect.objectContaining({ peerId: 'carol', type: 'simulcast', transportId: alice.recvTransport }),
  );
  for (const { client } of [alice, bob]) {
    const data = await client.waitFor('newDataConsumer', ({ dataProducerId }) => dataProducerId === chat.id);
    expect([data.peerId, data.label]).toEqual(['carol', 'chat']);
  }
  const data = await carol.client.waitFor(
    'newDataConsumer',
    ({ dataProducerId }) => dataProducerId === file.id,
  );
  expect([data.peerId, data.label]).toEqual(['bob', 'file']);
  // What is received across can be steered as anything else.
  const consumerId = String((await offered(carol, camera.id)).id);
  await until(() => peerOf(server, 'carol')?.consumers.every(({ paused }) => !paused) === true);
  await carol.client.request('setConsumerPreferredLayers', { consumerId, spatialLayer: 1 });
  await carol.client.request('requestConsumerKeyFrame', { consumerId });
  expect(await carol.client.request('getConsumerStats', { consumerId })).toBeArray();
});

test('pause, resume and close travel from worker to worker', async () => {
  await using server = await startServer(spreading);
  const { alice, bob, carol } = await spreadRoom(server);
  const [toCarol, toAlice] = [await offered(carol, alice.audio), await offered(alice, carol.audio)];
  for (const [sender, receiver, offer] of [
    [alice, carol, toCarol],
    [carol, alice, toAlice],
  ] as const) {
    const ofOffer = (data: Record<string, unknown>) => data.consumerId === offer.id;
    await sender.client.request('pauseProducer', { producerId: sender.audio });
    await receiver.client.waitFor('consumerPaused', ofOffer);
    await sender.client.request('resumeProducer', { producerId: sender.audio });
    await receiver.client.waitFor('consumerResumed', ofOffer);
    await sender.client.request('closeProducer', { producerId: sender.audio });
    expect(await receiver.client.waitFor('consumerClosed', ofOffer)).toEqual({
      consumerId: offer.id,
      reason: 'producer_closed',
    });
  }
  // A late one across gets what is paused as paused.
  await bob.client.request('pauseProducer', { producerId: bob.audio });
  const dave = await enter({ server, peerId: 'dave' });
  expect(workerOf(server, 'dave')).toBe(workerOf(server, 'carol'));
  expect((await offered(dave, bob.audio)).producerPaused).toBe(true);
  const muted = { ...audioTrack(alice.sendTransport, 50), paused: true };
  const { id: silent } = await alice.client.request('produce', muted);
  expect((await offered(carol, silent)).producerPaused).toBe(true);
});

test('data travels from worker to worker, and its end too', async () => {
  await using server = await startServer(spreading);
  const { alice, carol } = await spreadRoom(server);
  const { id } = await alice.client.request('produceData', dataChannel(alice.sendTransport, 1));
  const offer = await carol.client.waitFor('newDataConsumer', (data) => data.dataProducerId === id);
  await alice.client.request('leaveCall', {});
  expect(await carol.client.waitFor('dataConsumerClosed')).toEqual({
    dataConsumerId: offer.id,
    reason: 'producer_closed',
  });
});

test('when a worker is killed only its peers rejoin, and other rooms notice nothing', async () => {
  await using server = await startServer(spreading);
  const { alice, bob, carol, home, second } = await spreadRoom(server);
  const other = await otherRoomOn(server, second);
  const before = other.member.client.events.length;
  const firstLine = logLines.length;
  await replaceWorker(server, home);

  expect(await alice.client.waitFor('rejoin')).toEqual({ reason: 'worker_died' });
  expect(await bob.client.waitFor('rejoin')).toEqual({ reason: 'worker_died' });
  for (const peerId of ['alice', 'bob']) {
    const closed = await carol.client.waitFor('peerClosed', (data) => data.peerId === peerId);
    expect(closed).toEqual({ peerId, reason: 'rejoin' });
  }
  await carol.client.waitFor('consumerClosed');
  await untilObserved(server, [carol.audio]);
  const aliceAgain = await rejoin(alice, 11);
  const bobAgain = await rejoin(bob, 12);
  for (const peerId of ['alice', 'bob']) {
    await carol.client.waitFor('newPeer', (data) => data.peerId === peerId && data.displayName === 'again');
  }
  for (const sender of [aliceAgain, bobAgain]) await offered(carol, sender.audio);
  await offered(aliceAgain, carol.audio);
  await offered(bobAgain, aliceAgain.audio);
  await untilObserved(server, [aliceAgain.audio, bobAgain.audio, carol.audio]);

  expect(carol.client.named('rejoin')).toEqual([]);
  expect(other.member.client.events.slice(before)).toEqual([]);
  await other[Symbol.asyncDispose]();
  const loud = logLines.slice(firstLine).filter((line) => /"level":"(warn|error)"/.test(line));
  expect(loud.map((line) => JSON.parse(line).message)).toEqual(['workerDied']);
});

/** A room with one peer, on that worker. */
async function otherRoomOn(server: Server, worker: number): Promise<Witness> {
  for (let number = 1; ; number += 1) {
    const witness = await Witness.in(server, { roomId: `other ${number}` });
    if (server.sfu.snapshot().rooms.at(-1)?.workers[0] === worker) return witness;
    await witness[Symbol.asyncDispose]();
  }
}

test('the observers go on when a worker dies that they are not on', async () => {
  await using server = await startServer(spreading);
  const { alice, bob, carol, second } = await spreadRoom(server);
  await untilObserved(server, [alice.audio, bob.audio, carol.audio]);
  const firstLine = logLines.length;
  await replaceWorker(server, second);
  await carol.client.waitFor('rejoin');
  await untilObserved(server, [alice.audio, bob.audio]);
  const again = await rejoin(carol, 13);
  await offered(alice, again.audio);
  await untilObserved(server, [alice.audio, bob.audio, again.audio]);
  expect([alice.client.named('rejoin'), bob.client.named('rejoin')]).toEqual([[], []]);
  const loud = logLines.slice(firstLine).filter((line) => /"level":"(warn|error)"/.test(line));
  expect(loud.map((line) => JSON.parse(line).message)).toEqual(['workerDied']);
});

test('a worker that dies while pauses cross to it leaves no rejection behind', async () => {
  await using server = await startServer(spreading);
  const { alice, carol, second } = await spreadRoom(server);
  await offered(carol, alice.audio);
  using halted = halt(server, second);
  await alice.client.request('pauseProducer', { producerId: alice.audio });
  await alice.client.request('getProducerStats', { producerId: alice.audio });
  halted.kill();
  // A rejection that nothing catches fails the test by itself.
  await carol.client.waitFor('rejoin');
  const again = await rejoin(carol, 13);
  const anew = await again.client.waitFor(
    'newConsumer',
    ({ producerId, transportId }) => producerId === alice.audio && transportId === again.recvTransport,
  );
  expect(anew.producerPaused).toBe(true);
});

test('the reply of a fast join names nobody who left while it was made', async () => {
  await using server = await startServer(spreading);
  const { alice, bob, carol, second } = await spreadRoom(server);
  const dave = await SignalingClient.connect({ server, peerId: 'dave', path: '/signaling?fast=1&' });
  await dave.waitFor('welcome');
  expect(workerOf(server, 'dave')).toBe(second);
  // What is piped to a worker that stands still keeps the reply waiting.
  using halted = halt(server, second);
  const joining = dave.request('join', { rtpCapabilities: receivesOpusAndVp8 });
  await alice.client.waitFor('newPeer', ({ id }) => id === 'dave');
  await bob.client.request('leaveCall', {});
  await bob.client.closed;
  await alice.client.waitFor('peerClosed', ({ peerId }) => peerId === 'bob');
  halted.goOn();
  const { peers, consumers } = await joining;
  expect(peers.map(({ id }) => id)).toEqual(['alice', 'carol']);
  expect(consumers?.map(({ producerId }) => producerId).toSorted()).toEqual(
    [alice.audio, carol.audio].toSorted(),
  );
});

test('a room outlives the death of every worker that it is on, one after the other', async () => {
  await using server = await startServer(spreading);
  let { alice, bob, carol } = await spreadRoom(server);
  for (let round = 1; round <= 2; round += 1) {
    for (const { index } of server.sfu.snapshot().workers) {
      const told = new Map(
        [alice, bob, carol].map((member) => [member, member.client.named('rejoin').length]),
      );
      await replaceWorker(server, index);
      const lost = [alice, bob, carol].filter(({ client }) =>
        workerless(server, client, { alice, bob, carol }),
      );
      for (const member of lost) {
        await until(() => member.client.named('rejoin').length > (told.get(member) ?? 0), 'rejoin');
        const ssrc = 1000 * round + 100 * index + lost.indexOf(member);
        const again = await rejoin(member, ssrc);
        if (member === alice) alice = again;
        else if (member === bob) bob = again;
        else carol = again;
      }
    }
    const all = [alice, bob, carol];
    for (const receiver of all) {
      for (const sender of all) if (sender !== receiver) await offered(receiver, sender.audio);
    }
    await untilObserved(
      server,
      all.map(({ audio }) => audio),
    );
  }
});

function workerless(server: Server, client: SignalingClient, members: Record<string, Member>): boolean {
  const name = Object.keys(members).find((key) => members[key]?.client === client);
  return server.sfu.room('room').peers.get(name ?? '')?.router === undefined;
}

test('more than three deaths in a minute make the node unready, until the minute is over', async () => {
  let ahead = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => Date.now() + ahead,
    elapsed: () => performance.now() + ahead,
  };
  await using server = await startServer({}, { clock });
  const ready = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    return { status: response.status, ...(await response.json()) };
  };
  for (let deaths = 1; deaths <= 3; deaths += 1) {
    await replaceWorker(server, 0);
    expect(await ready()).toMatchObject({ status: 'ready' });
  }
  await replaceWorker(server, 0);
  const reasons = [expect.stringMatching(/^4 media workers died within a minute/)];
  expect(await ready()).toMatchObject({ status: 'unready', reasons });
  expect((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${server.port}/livez`)).status).toBe(200);
  // It still serves those who come.
  const client = await SignalingClient.connect({ server });
  expect(await client.request('join', {})).toEqual({ peers: [] });
  ahead = 61_000;
  expect(await ready()).toMatchObject({ status: 'ready' });
});

test('while no worker runs the node is unready', async () => {
  await using server = await startServer();
  const reasons: string[][] = [];
  server.sfu.events.on('workerDied', () => void reasons.push(server.sfu.unreadyReasons()));
  killWorker(server);
  await until(() => reasons.length > 0);
  expect(reasons).toEqual([['no media worker is running']]);
  await until(() => server.sfu.unreadyReasons().length === 0);
});

test('a room that is opened on a worker that dies at that moment may be tried again, or comes about', async () => {
  await using server = await startServer();
  using halted = halt(server, 0);
  const client = await SignalingClient.connect({ server });
  halted.kill();
  const come = client.waitFor('mediasoupVersion').then(
    () => 'let in',
    () => 'closed',
  );
  const ended = client.closed.then(({ code }) => code);
  // 4000 would tell protoo-client never to come back.
  expect(['let in', 1013]).toContain(await Promise.race([come, ended]));
});
