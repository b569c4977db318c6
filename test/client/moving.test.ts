import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { types } from 'mediasoup-client';
import { FakeMedia } from '../../client/fake-media.ts';
import type { TureenClient } from '../../client/index.ts';
import { serverActor } from '../../src/core/actors.ts';
import type { Connection } from '../../src/signaling/connection.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { until } from '../support/until.ts';
import { type ClientOptions, joined, track } from './support.ts';

setDefaultTimeout(30_000);

/** As a browser does, its transports say that they are connected. */
const { handlerFactory } = new FakeMedia();

let mesh: BusMesh;
let rooms = 0;
const clients: TureenClient[] = [];

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b'], { TUREEN_WORKERS: '1' });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.leave()));
});
afterAll(() => mesh[Symbol.asyncDispose]());

const urlOf = (node: string) => `http://127.0.0.1:${mesh.server(node).port}`;

function newRoom(): string {
  rooms += 1;
  return `moving-${rooms}`;
}

async function enter(node: string, roomId: string, peerId: string, options: Partial<ClientOptions> = {}) {
  const server = mesh.server(node);
  const client = await joined({ server, roomId, peerId, displayName: peerId, handlerFactory, ...options });
  clients.push(client);
  return client;
}

const peerOn = (node: string, { roomId, peerId }: TureenClient) =>
  mesh.server(node).sfu.rooms.get(roomId)?.peers.get(peerId);

const passagesOn = (node: string, { roomId }: TureenClient) =>
  mesh.server(node).sfu.rooms.get(roomId)?.passages.size ?? 0;

/** The server tells a client to go on at another one. */
function send(client: TureenClient, from: string, url: string): void {
  const link = peerOn(from, client)?.link as Connection | undefined;
  link?.notify('move', { url, reason: 'test' });
}

/** What an application is told, but for what changes all the time. */
function follow(client: TureenClient): string[] {
  const told: string[] = [];
  const names = [
    'state',
    'peerJoined',
    'peerLeft',
    'peerChanged',
    'trackAdded',
    'trackRemoved',
    'publicationAdded',
    'publicationRemoved',
    'publicationEnded',
    'moved',
  ] as const;
  for (const name of names) client.on(name, () => void told.push(name));
  return told;
}

const publishedOn = (node: string, client: TureenClient) =>
  [...(peerOn(node, client)?.publications.values() ?? [])].map(({ info }) => info);

const tracksOf = (client: TureenClient) => [...client.peers.values()].flatMap(({ tracks }) => [...tracks]);

const receives = (client: TureenClient, count: number) =>
  until(() => tracksOf(client).length === count, `${client.peerId} to receive ${count}`);

/** Its former session is over, and no attempt of one is left. */
const settled = (client: TureenClient) =>
  until(
    () => ['a', 'b'].every((node) => passagesOn(node, client) === 0),
    'the end of all that is on its way',
  );

async function move(client: TureenClient, from: string, to: string) {
  send(client, from, urlOf(to));
  return await client.once('moved');
}

describe('a client that moves to another server', () => {
  test('goes on there with all that it sends and receives, and nobody is told of a leave', async () => {
    const roomId = newRoom();
    const alice = await enter('a', roomId, 'alice');
    const bob = await enter('a', roomId, 'bob');
    const carol = await enter('b', roomId, 'carol');
    const [camera] = await Promise.all([
      alice.publish(track('video'), 'camera'),
      bob.publish(track('video'), 'camera'),
      carol.publish(track('audio'), 'microphone'),
    ]);
    await Promise.all([alice, bob, carol].map((client) => receives(client, 2)));
    const before = tracksOf(alice);
    const seenByBob = bob.peers.get('alice')?.track('camera');
    const formerId = camera.producerId;
    const told = [alice, bob, carol].map(follow);
    const replaced: string[] = [];
    for (const one of before)
      one.on('replaced', ({ track, former }) =>
        replaced.push(`${track.peerId} ${former !== track.mediaTrack}`),
      );

    const moved = await move(alice, 'a', 'b');
    expect(moved).toMatchObject({ from: urlOf('a'), to: urlOf('b') });
    expect(alice.server).toMatchObject({ url: urlOf('b') });
    expect(told[0]).toEqual(['moved']);
    expect(replaced.toSorted()).toEqual(['bob true', 'carol true']);
    expect(tracksOf(alice)).toEqual(before);
    expect(before.every(({ ended, consumer }) => !ended && !consumer.closed)).toBe(true);
    expect(camera.producerId).not.toBe(formerId);
    await settled(alice);
    expect(peerOn('a', alice)).toBeUndefined();
    expect(publishedOn('b', alice)).toMatchObject([{ id: camera.producerId }]);
    await until(() => seenByBob?.producerId === camera.producerId, 'Bob to go over');
    expect(seenByBob?.ended).toBe(false);
    expect(told.slice(1)).toEqual([[], []]);
    expect(camera.producer?.maxSpatialLayer).toBe(2);
  });

  test('moves on, at the same time as another one', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('a', roomId, 'bob')];
    const [camera, screen] = [
      await alice.publish(track('video'), 'camera'),
      await bob.publish(track('video'), 'screen'),
    ];
    await Promise.all([receives(alice, 1), receives(bob, 1)]);
    const before = [alice, bob].flatMap(tracksOf);
    const told = [alice, bob].map(follow);
    await Promise.all([move(alice, 'a', 'b'), move(bob, 'a', 'b')]);
    await move(alice, 'b', 'a');
    await Promise.all([settled(alice), settled(bob)]);
    expect([alice, bob].flatMap(tracksOf)).toEqual(before);
    const ids = () => before.map(({ producerId }) => producerId);
    await until(() => Bun.deepEquals(ids(), [screen.producerId, camera.producerId]), 'both to go over');
    expect(told).toEqual([['moved', 'moved'], ['moved']]);
  });

  test('keeps what was muted, by itself or by a moderator, also while it moves', async () => {
    const roomId = newRoom();
    const alice = await enter('a', roomId, 'alice');
    const camera = await alice.publish(track('video'), 'camera', { paused: true });
    const screen = await alice.publish(track('video'), 'screen');
    const voice = await alice.publish(track('audio'), 'microphone');
    const moved = move(alice, 'a', 'b');
    const producerId = voice.producerId ?? '';
    await mesh.server('a').commands.muteProducer({ roomId, peerId: 'alice', producerId, by: serverActor });
    await screen.pause();
    await moved;
    const held = () =>
      Object.fromEntries(publishedOn('b', alice).map(({ id, pausedBy }) => [id, [...pausedBy]]));
    const [ofCamera = '', ofScreen = '', ofVoice = ''] = [camera, screen, voice].map((one) => one.producerId);
    await until(() => held()[ofVoice]?.includes('moderator') === true, 'the voice to be held');
    expect(held()).toMatchObject({ [ofCamera]: ['peer'], [ofScreen]: ['peer'] });
    expect([camera, screen, voice].map(({ paused, held }) => [paused, held])).toEqual([
      [true, false],
      [true, false],
      [true, true],
    ]);
    await expect(voice.resume()).rejects.toMatchObject({ code: 'forbidden' });
    await camera.resume();
    expect(held()[ofCamera]).toEqual([]);
  });

  test('ends what it closes meanwhile, and sends what it publishes meanwhile', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('b', roomId, 'bob')];
    const camera = await alice.publish(track('video'), 'camera');
    await receives(bob, 1);
    const moved = move(alice, 'a', 'b');
    const [screen] = await Promise.all([alice.publish(track('video'), 'screen'), camera.close()]);
    await moved;
    await until(
      () =>
        publishedOn('b', alice)
          .map(({ source }) => source)
          .join() === 'screen',
      'the screen alone',
    );
    await until(() => tracksOf(bob)[0]?.producerId === screen.producerId, 'Bob to see it');
    expect(tracksOf(bob)).toHaveLength(1);
  });

  test('receives what it chose, and in the way in which it did', async () => {
    const roomId = newRoom();
    const [alice, bob] = [
      await enter('a', roomId, 'alice'),
      await enter('a', roomId, 'bob', { autoSubscribe: false }),
    ];
    await alice.publish(track('audio'), 'microphone');
    const added = bob.once('publicationAdded', ({ publication }) => publication.kind === 'video');
    const camera = await alice.publish(track('video'), 'camera');
    const { publication } = await added;
    const picture = await bob.subscribe(publication.producerId);
    await picture.pause();
    await picture.setPreferredLayers({ spatialLayer: 1, temporalLayer: 0 });
    await picture.setPriority(7);
    const told = follow(bob);
    await move(bob, 'a', 'b');
    const [subscription, ...more] = [...(peerOn('b', bob)?.subscriptions.values() ?? [])];
    expect(more).toEqual([]);
    expect(subscription?.consumer).toMatchObject({
      id: picture.id,
      paused: true,
      priority: 7,
      preferredLayers: { spatialLayer: 1, temporalLayer: 0 },
    });
    await move(alice, 'a', 'b');
    await until(() => picture.producerId === camera.producerId, 'the picture to go over');
    expect(publication.producerId).toBe(camera.producerId ?? '');
    expect([...(bob.peers.get('alice')?.publications.keys() ?? [])]).toHaveLength(2);
    expect(told).toEqual(['moved']);
  });

  test('is not judged any more by the paths to the server that it left', async () => {
    const handlers: types.HandlerInterface[] = [];
    const kept: types.HandlerFactory = {
      ...handlerFactory,
      factory: (options) => {
        const handler = handlerFactory.factory(options);
        handlers.push(handler);
        return handler;
      },
    };
    const alice = await enter('a', newRoom(), 'alice', { handlerFactory: kept });
    await alice.publish(track('audio'), 'microphone');
    for (const handler of handlers) handler.emit('@connectionstatechange', 'disconnected');
    expect(alice.quality().level).toBe('lost');
    await move(alice, 'a', 'b');
    await until(() => alice.quality().level === 'good', 'the paths to the other server to count');
  });

  test('is told of those who come, go and publish meanwhile', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('b', roomId, 'bob')];
    await until(() => alice.peers.has('bob'), 'Bob');
    const told = follow(alice);
    const moved = move(alice, 'a', 'b');
    const [carol] = await Promise.all([enter('a', roomId, 'carol'), bob.leave()]);
    await Promise.all([moved, carol.publish(track('video'), 'camera')]);
    await receives(alice, 1);
    await until(() => !alice.peers.has('bob'), 'Bob to be gone');
    expect(told.toSorted()).toEqual(['moved', 'peerJoined', 'peerLeft', 'publicationAdded', 'trackAdded']);
  });
});

describe('a move that fails', () => {
  test('leaves the call as it was, and nothing of it is left', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('a', roomId, 'bob')];
    const camera = await alice.publish(track('video'), 'camera');
    await bob.publish(track('video'), 'camera');
    await receives(alice, 1);
    const { producerId } = camera;
    const [seen] = tracksOf(alice);
    const told = follow(alice);
    using full = fullServer();
    send(alice, 'a', full.url);
    await until(() => full.asked === 3, 'three attempts');
    await alice.setDisplayName('Still Alice');
    expect(told).toEqual([]);
    expect(alice).toMatchObject({ state: 'joined', server: { url: urlOf('a') } });
    expect(tracksOf(alice)).toEqual(seen ? [seen] : []);
    expect(seen?.consumer.closed).toBe(false);
    expect(camera.producerId).toBe(producerId ?? '');
  });

  test('is tried again when the other server ends it on the way', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('b', roomId, 'bob')];
    const camera = await alice.publish(track('video'), 'camera');
    await receives(bob, 1);
    const told = [alice, bob].map(follow);
    const moved = move(alice, 'a', 'b');
    const passages = () => [...(mesh.server('b').sfu.rooms.get(roomId)?.passages.values() ?? [])];
    await until(() => passages().length === 1, 'the first attempt');
    for (const peer of passages()) mesh.server('b').sfu.room(roomId).removePeer(peer, 'join_timeout');
    await moved;
    await settled(alice);
    expect(publishedOn('b', alice)).toMatchObject([{ id: camera.producerId }]);
    expect(told).toEqual([['moved'], []]);
  });

  test('is called off with the call', async () => {
    const roomId = newRoom();
    const [alice, bob] = [await enter('a', roomId, 'alice'), await enter('b', roomId, 'bob')];
    await alice.publish(track('video'), 'camera');
    await receives(bob, 1);
    send(alice, 'a', urlOf('b'));
    await until(() => passagesOn('b', alice) === 1, 'the attempt');
    const left = bob.once('peerLeft');
    await alice.leave();
    expect((await left).reason).toBe('left');
    await settled(alice);
    expect(['a', 'b'].map((node) => peerOn(node, alice))).toEqual([undefined, undefined]);
  });
});

/** A server that takes nobody at the moment. */
function fullServer() {
  const asked = { count: 0 };
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, server) => {
      if (server.upgrade(request, { headers: { 'sec-websocket-protocol': 'protoo' } })) return undefined;
      return new Response(null, { status: 404 });
    },
    websocket: {
      open(socket) {
        asked.count += 1;
        socket.close(1013, 'overloaded: try again later');
      },
      message() {},
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    get asked() {
      return asked.count;
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
}
