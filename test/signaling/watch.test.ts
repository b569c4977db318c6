import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import * as offering from '../../src/sfu/rooms/offering.ts';
import { maxWatched } from '../../src/signaling/methods/watch.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { Refused, SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { audioTrack, enter, type Member, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const server = await useServer();
let rooms = 0;
const newRoom = () => `watch-${++rooms}`;

/** A peer that sends so many cameras, and a microphone. */
async function sends(roomId: string, peerId: string, count: number, on = server) {
  const member = await enter({ server: on, roomId, peerId });
  const videos: string[] = [];
  for (let index = 0; index < count; index += 1) videos.push(await publishVideo(member, index * 10 + 100));
  const { id: audio } = await member.client.request('produce', audioTrack(member.sendTransport, 1));
  return { ...member, videos, audio };
}

async function publishVideo({ client, sendTransport }: Member, ssrc: number, source = 'webcam') {
  const { id } = await client.request('produce', { ...videoTrack(sendTransport, ssrc), appData: { source } });
  return id;
}

const joinsFast = async (roomId: string, peerId: string, params: object, on = server) => {
  const client = await SignalingClient.connect({ server: on, roomId, peerId, path: '/signaling?fast=1&' });
  const { routerRtpCapabilities: rtpCapabilities } = (await client.waitFor('welcome')) as never as {
    routerRtpCapabilities: object;
  };
  const { consumers = [] } = await client.request('join', { rtpCapabilities, ...params });
  return { client, got: consumers.map(({ producerId }) => producerId) };
};

/** The producers that the server sends to a peer. */
const received = (roomId: string, peerId: string, on = server) =>
  [...(on.sfu.rooms.get(roomId)?.peers.get(peerId)?.subscriptions.values() ?? [])]
    .map(({ publication }) => publication.info.id)
    .toSorted();

async function watch({ client }: { client: SignalingClient }, producerIds: readonly string[]) {
  const { consumers } = await client.request('watch', { producerIds: [...producerIds] });
  return consumers.map(({ producerId }) => producerId).toSorted();
}

describe('a join with videoLimit', () => {
  test('is answered with so many videos, the shared screens first, and with all sound', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 3);
    const screen = await publishVideo(bob, 900, 'screen');
    const { got } = await joinsFast(roomId, 'alice', { videoLimit: 2 });
    expect(got.toSorted()).toEqual([screen, bob.videos[0] ?? '', bob.audio].toSorted());
  });

  test('is offered more until there are so many, and told of everything that is published', async () => {
    const roomId = newRoom();
    const { client } = await joinsFast(roomId, 'alice', { videoLimit: 2 });
    const bob = await sends(roomId, 'bob', 3);
    await until(() => client.named('newProducer').length === 4, 'every publication');
    await until(() => received(roomId, 'alice').length === 3, 'two cameras and the microphone');
    expect(received(roomId, 'alice')).toEqual([...bob.videos.slice(0, 2), bob.audio].toSorted());
    // One of them ends: there is room for another.
    const [first = ''] = bob.videos;
    await bob.client.request('closeProducer', { producerId: first });
    await client.waitFor('producerGone', ({ producerId }) => producerId === first);
    const next = await publishVideo(bob, 500);
    await client.waitFor('newConsumer', ({ producerId }) => producerId === next);
    expect(client.named('newConsumer').map(({ producerId }) => producerId)).not.toContain(bob.videos[2]);
  });

  test('gets sound alone where the limit is nothing', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 1);
    expect((await joinsFast(roomId, 'alice', { videoLimit: 0 })).got).toEqual([bob.audio]);
  });

  test('may say at once what it watches', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 3);
    const [, , third = ''] = bob.videos;
    const { got } = await joinsFast(roomId, 'alice', { videoLimit: 1, watch: [third] });
    expect(got.toSorted()).toEqual([third, bob.audio].toSorted());
  });

  test('begins again with the limit after its media was lost', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 2);
    const alice = await enter({ server, roomId, peerId: 'alice', join: { videoLimit: 1 } });
    await watch(alice, []);
    expect(received(roomId, 'alice')).toEqual([bob.audio]);
    const room = server.sfu.room(roomId);
    const { peer } = { peer: room.peers.get('alice') };
    if (!peer) throw new Error('Alice is gone');
    const rejoin = alice.client.waitFor('rejoin');
    const { live } = peer.router ?? {};
    if (live) room.move(live);
    await rejoin;
    await alice.client.request('createWebRtcTransport', { consuming: true });
    const rtpCapabilities = await alice.client.request('getRouterRtpCapabilities', {});
    await alice.client.request('join', { rtpCapabilities, videoLimit: 1 });
    await bob.client.waitFor('rejoin');
    const { id: sendTransport } = await bob.client.request('createWebRtcTransport', { producing: true });
    await bob.client.request('join', { rtpCapabilities });
    const again = await publishVideo({ ...bob, sendTransport }, 700);
    await alice.client.waitFor('newConsumer', ({ producerId }) => producerId === again);
  });
});

test('a client without videoLimit is offered everything, and told nothing of publications', async () => {
  const roomId = newRoom();
  const alice = await enter({ server, roomId, peerId: 'alice' });
  const bob = await sends(roomId, 'bob', 3);
  await until(() => received(roomId, 'alice').length === 4, 'everything');
  expect(received(roomId, 'alice')).toEqual([...bob.videos, bob.audio].toSorted());
  expect(alice.client.named('newProducer')).toEqual([]);
});

describe('watch', () => {
  test('makes what is missing, paused, and closes all other videos, with one message', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 4);
    const [one = '', two = '', three = '', four = ''] = bob.videos;
    const alice = await joinsFast(roomId, 'alice', { videoLimit: 2 });
    expect(await watch(alice, [two, three, four])).toEqual([three, four].toSorted());
    expect(received(roomId, 'alice')).toEqual([two, three, four, bob.audio].toSorted());
    expect(await watch(alice, [one])).toEqual([one]);
    expect(received(roomId, 'alice')).toEqual([one, bob.audio].toSorted());
    const [made] = [...server.sfu.peer(roomId, 'alice').subscriptions.values()].filter(
      ({ publication }) => publication.info.id === one,
    );
    expect(made?.consumer.paused).toBe(true);
    await alice.client.request('resumeConsumers', { consumerIds: [made?.consumer.id ?? ''] });
    expect(made?.consumer.paused).toBe(false);
    // It knows what it does not watch any more.
    expect(alice.client.named('consumerClosed')).toEqual([]);
  });

  test('holds for what comes later: nothing is offered that is not watched', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 1);
    const alice = await joinsFast(roomId, 'alice', { videoLimit: 9 });
    expect(await watch(alice, [])).toEqual([]);
    const next = await publishVideo(bob, 500);
    await alice.client.waitFor('newProducer', ({ producerId }) => producerId === next);
    const { id: sound } = await bob.client.request('produce', audioTrack(bob.sendTransport, 77));
    await alice.client.waitFor('newConsumer', ({ producerId }) => producerId === sound);
    expect(received(roomId, 'alice')).toEqual([bob.audio, sound].toSorted());
    expect(await watch(alice, [next])).toEqual([next]);
  });

  test('lets the later of two win, whatever the earlier one was about to make', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 4);
    const [one = '', two = '', three = '', four = ''] = bob.videos;
    const alice = await joinsFast(roomId, 'alice', { videoLimit: 0 });
    // The messages of one client are handled in turn; here both are under way at once.
    const [room, peer] = [server.sfu.room(roomId), server.sfu.peer(roomId, 'alice')];
    const asking = [offering.watch(room, peer, [one, two, three]), offering.watch(room, peer, [three, four])];
    const made = (await Promise.all(asking)).flat().map(({ publication }) => publication.info.id);
    expect(made.toSorted()).toEqual([three, four].toSorted());
    expect(received(roomId, 'alice')).toEqual([three, four, bob.audio].toSorted());
    // What was given up on the way can be had again.
    expect(await watch(alice, [one])).toEqual([one]);
  });

  test('leaves out what is not there, its own, and what it cannot play', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 1);
    const mary = await enter({ server, roomId, peerId: 'mary', join: { videoLimit: 0 } });
    const own = await publishVideo(mary, 1);
    expect(await watch(mary, [own, bob.audio, 'nonsense', '__proto__', ...bob.videos])).toEqual(bob.videos);
    expect(received(roomId, 'mary')).toEqual([bob.audio, ...bob.videos].toSorted());
    const rtpCapabilities = { codecs: [], headerExtensions: [] };
    const deaf = await enter({ server, roomId, peerId: 'deaf', join: { rtpCapabilities } });
    expect(await watch(deaf, bob.videos)).toEqual([]);
    const mute = await SignalingClient.connect({ server, roomId, peerId: 'mute' });
    await mute.request('join', {});
    expect(await watch({ client: mute }, bob.videos)).toEqual([]);
  });

  test('is for those, too, who ask for their sound by themselves', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 2);
    const alice = await enter({ server, roomId, peerId: 'alice', join: { autoSubscribe: false } });
    expect(await watch(alice, bob.videos.slice(1))).toEqual(bob.videos.slice(1));
    expect(received(roomId, 'alice')).toEqual(bob.videos.slice(1));
  });

  test('is bounded, and refuses what is no list of ids', async () => {
    const roomId = newRoom();
    const alice = await joinsFast(roomId, 'alice', { videoLimit: 9 });
    const ids = Array.from({ length: maxWatched }, (_, index) => `${index}`);
    expect(await watch(alice, ids)).toEqual([]);
    for (const producerIds of [[...ids, 'more'], 'all', [1], [''], ['x'.repeat(129)]])
      expect(await codeOf(alice.client.ask('watch', { producerIds }))).toBe('invalid_params');
    for (const videoLimit of [-1, 1.5, maxWatched + 1, '9']) {
      const client = await SignalingClient.connect({ server, roomId, peerId: 'eve' });
      expect(await codeOf(client.ask('join', { videoLimit }))).toBe('invalid_params');
    }
  });

  test('keeps what a moderator has paused before it was started', async () => {
    const roomId = newRoom();
    const bob = await sends(roomId, 'bob', 1);
    const alice = await joinsFast(roomId, 'alice', { videoLimit: 0 });
    const { consumers } = await alice.client.request('watch', { producerIds: bob.videos });
    const [consumerId = ''] = consumers.map(({ id }) => id);
    const by = { kind: 'admin', id: 'root' } as const;
    await server.commands.pauseConsumer({ roomId, peerId: 'alice', consumerId, by });
    await alice.client.request('resumeConsumers', { consumerIds: [consumerId] });
    expect(server.sfu.peer(roomId, 'alice').subscription(consumerId).consumer.paused).toBe(true);
  });
});

async function codeOf(asked: Promise<unknown>): Promise<string> {
  return await asked.then(
    () => 'ok',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );
}

describe('in a mesh', () => {
  let mesh: BusMesh;
  beforeAll(async () => {
    mesh = await BusMesh.of(['a', 'b'], { TUREEN_WORKERS: '1' });
  });
  afterAll(() => mesh[Symbol.asyncDispose]());

  const tracksOn = (node: string, roomId: string) =>
    (mesh.server(node).sfu.rooms.get(roomId)?.publications ?? []).filter(
      ({ info, handle }) => info.kind === 'video' && handle.remote,
    );

  test('brings from another node only what is watched', async () => {
    const roomId = newRoom();
    const [a, b] = [mesh.server('a'), mesh.server('b')];
    const bob = await sends(roomId, 'bob', 4, a);
    const [one = '', two = '', three = ''] = bob.videos;
    const { client } = await joinsFast(roomId, 'alice', { videoLimit: 1 }, b);
    await until(() => tracksOn('b', roomId).length === 4, 'what Bob publishes');
    await until(() => received(roomId, 'alice', b).length === 2, 'one camera and the microphone');
    expect(received(roomId, 'alice', b)).toEqual([one, bob.audio].toSorted());
    await watch({ client }, [two, three]);
    await until(() => received(roomId, 'alice', b).length === 3, 'two cameras and the microphone');
    expect(received(roomId, 'alice', b)).toEqual([two, three, bob.audio].toSorted());
    await eventually(
      'what Bob’s node sends for it',
      async () => await flowing(roomId),
      (sent) => sent.includes(two) && sent.includes(three) && !sent.includes(bob.videos[3] ?? ''),
    );
  });

  /** What of it is on the pipes to the other node. */
  async function flowing(roomId: string): Promise<string[]> {
    const producers = await Promise.all(
      tracksOn('b', roomId).map(async ({ info, handle }) =>
        handle.statistics().then(
          () => [info.id],
          () => [],
        ),
      ),
    );
    return producers.flat();
  }
});
