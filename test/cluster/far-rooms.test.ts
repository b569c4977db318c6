import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import type { SfuError } from '../../src/core/errors.ts';
import type { Source } from '../../src/core/sources.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { NatsServer } from '../support/nats-server.ts';
import { apiKey, startServer, tokenFor, withKeys } from '../support/server.ts';
import type { Refused } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, dataChannel, enter, type JoinOptions, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
const environment = { ...withKeys, TUREEN_WORKERS: '2' };
const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
let rooms = 0;

/** A room of its own for each test. */
function newRoom(): string {
  rooms += 1;
  return `far-${rooms}`;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'done',
    (error: SfuError | Refused) => error.code,
  );
}

/** Three servers that meet over some bus. */
interface Nodes extends AsyncDisposable {
  server(name: string): Server;
}

async function overNats(): Promise<Nodes> {
  const ends = new AsyncDisposableStack();
  const bus = ends.use(await NatsServer.start());
  const servers = await Promise.all(
    names.map(async (name, index) => {
      const TUREEN_PIPE_PORTS = `${47000 + 50 * index}-${47049 + 50 * index}`;
      const settings = { ...environment, TUREEN_PIPE_PORTS, TUREEN_NODE: name, TUREEN_BUS_URL: bus.url };
      return [name, ends.use(await startServer(settings))] as const;
    }),
  );
  const byName = new Map<string, Server>(servers);
  await until(
    () => servers.every(([, { mesh }]) => mesh?.presence.living.length === names.length - 1),
    'nodes that know each other',
  );
  const server = (name: string) => byName.get(name) as Server;
  return { server, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

for (const [bus, start] of [
  ['a bus in memory', () => BusMesh.of(names, environment)],
  ['a real nats-server', overNats],
] as const) {
  describe(`over ${bus}`, () => {
    let nodes: Nodes;
    let key: string;

    beforeAll(async () => {
      nodes = await start();
      key = await apiKey();
    });
    afterAll(() => nodes[Symbol.asyncDispose]());

    async function join(
      node: Name,
      roomId: string,
      peerId: string,
      options: { moderate?: boolean; publish?: Source[]; join?: JoinOptions } = {},
    ) {
      const { moderate = false, publish, join: how } = options;
      const token = await tokenFor(roomId, peerId, { grants: { moderate, ...(publish && { publish }) } });
      return await enter({ server: nodes.server(node), roomId, peerId, token, join: how });
    }

    async function rest(node: Name, path: string, method = 'GET', body?: object) {
      const response = await fetch(`http://127.0.0.1:${nodes.server(node).port}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    }

    const sees = (node: Name, roomId: string, peerId: string) =>
      until(() => nodes.server(node).sfu.mesh.find(roomId, peerId)?.node !== undefined, peerId);

    test('a room that another node has is not created a second time', async () => {
      const roomId = newRoom();
      const options = { maxPeers: 5, codecs: ['opus', 'VP9'] };
      expect((await rest('a', '/rooms', 'POST', { roomId, options })).status).toBe(201);
      const second = await rest('b', '/rooms', 'POST', { roomId, options: { maxPeers: 9 } });
      expect(second).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
      expect(second.body.detail).toContain('on another node');
      expect(nodes.server('b').sfu.rooms.has(roomId)).toBe(false);
      expect((await rest('b', `/rooms/${roomId}`)).body.options).toEqual(options);
    });

    test('a room keeps the codecs and the beginning of its first node on every other one', async () => {
      const roomId = newRoom();
      await rest('a', '/rooms', 'POST', { roomId, options: { codecs: ['VP9', 'opus'] } });
      const bob = await join('b', roomId, 'bob');
      const { codecs = [] } = await bob.client.request('getRouterRtpCapabilities', {});
      const kinds = codecs.map(({ mimeType }) => mimeType).filter((type) => !type.endsWith('/rtx'));
      expect(new Set(kinds)).toEqual(new Set(['audio/opus', 'video/VP9']));
      const vp8 = bob.client.request('produce', videoTrack(bob.sendTransport, 1000));
      expect(await codeOf(vp8)).toBe('unsupported');
      const [first, second] = await Promise.all(
        (['a', 'b'] as const).map((name) => rest(name, `/rooms/${roomId}`)),
      );
      const { workers: _, ...room } = first?.body ?? {};
      expect(second?.body).toMatchObject(room);
      // A node that has the room no more takes it over when it opens it again.
      nodes.server('a').sfu.closeRoom({ roomId, by });
      await join('a', roomId, 'alice');
      expect((await rest('a', `/rooms/${roomId}`)).body).toMatchObject(room);
      const { origin } = nodes.server('a').sfu.room(roomId).mesh ?? {};
      expect(origin?.current).toEqual(nodes.server('b').sfu.room(roomId).mesh?.origin.current as never);
    });

    test('hands are lowered and mutes ended on every node', async () => {
      const roomId = newRoom();
      const members = await Promise.all(
        (['a', 'b'] as const).map((node) => join(node, roomId, `on ${node}`)),
      );
      const carol = await join('c', roomId, 'carol', { moderate: true });
      await Promise.all([sees('c', roomId, 'on a'), sees('c', roomId, 'on b')]);
      for (const { client, sendTransport } of members) {
        await client.request('produce', audioTrack(sendTransport, 1000));
        await client.request('raiseHand', {});
      }
      const raised = (peerId: string) => (data: Record<string, unknown>) =>
        data.peerId === peerId && data.raisedAt !== null;
      for (const node of ['on a', 'on b']) await carol.client.waitFor('peerHand', raised(node));
      expect(await carol.client.request('lowerHands', { peerId: 'on a' })).toEqual({ count: 1 });
      expect(await carol.client.request('lowerHands', {})).toEqual({ count: 1 });
      expect(await carol.client.request('muteAll', { source: 'audio' })).toEqual({ count: 2 });
      expect(await carol.client.request('allowAll', {})).toEqual({ count: 2 });
      for (const { client } of members) await client.waitFor('producerResumed');
      expect(await carol.client.request('allowAll', {})).toEqual({ count: 0 });
    });

    test('a moderator learns what peers on other nodes may not do, also on joining later', async () => {
      const roomId = newRoom();
      const bob = await join('a', roomId, 'bob');
      const carol = await join('c', roomId, 'carol', { moderate: true });
      const dave = await join('b', roomId, 'dave');
      await sees('c', roomId, 'bob');
      await bob.client.request('produce', audioTrack(bob.sendTransport, 1000));
      await until(() => nodes.server('c').sfu.room(roomId).publications.length > 0, 'the track');
      expect(await carol.client.request('muteAll', { source: 'audio' })).toEqual({ count: 1 });
      const muted = { peerId: 'bob', publish: true, stopped: false, muted: ['audio'] };
      await carol.client.waitFor('peerRestrictions', (data) => Bun.deepEquals(data, muted));
      await carol.client.request('setPublish', { peerId: 'bob', publish: ['video'] });
      const stopped = { peerId: 'bob', publish: ['video'], stopped: true, muted: ['audio'] };
      await carol.client.waitFor('peerRestrictions', (data) => Bun.deepEquals(data, stopped));
      const max = await join('b', roomId, 'max', { moderate: true });
      expect(await max.client.waitFor('peerRestrictions')).toEqual(stopped);
      await join('b', roomId, 'listener', { publish: [] });
      const silent = { peerId: 'listener', publish: [], stopped: false, muted: [] };
      await carol.client.waitFor('peerRestrictions', (data) => Bun.deepEquals(data, silent));
      await carol.client.request('setPublish', { peerId: 'bob', publish: true });
      expect(await carol.client.request('allowAll', {})).toEqual({ count: 0 });
      await max.client.waitFor('peerRestrictions', ({ publish }) => publish === true);
      expect(dave.client.named('peerRestrictions')).toEqual([]);
    });

    test('a room moves to another worker of its node, whichever node is asked', async () => {
      const roomId = newRoom();
      const bob = await join('a', roomId, 'bob');
      const [from = 0] = nodes.server('a').sfu.read.room(roomId).workers;
      const workerIndex = 1 - from;
      const move = (more: object = {}) =>
        rest('c', `/rooms/${roomId}/move`, 'POST', { workerIndex, ...more });
      expect(await move()).toMatchObject({ status: 200, body: { id: roomId } });
      await bob.client.waitFor('rejoin', ({ reason }) => reason === 'moved');
      await bob.client.request('createWebRtcTransport', { producing: true });
      expect(nodes.server('a').sfu.read.room(roomId).workers).toEqual([workerIndex]);
      const [entry] = nodes.server('a').store.audit.search({ roomId, limit: 1 });
      expect(entry).toMatchObject({ action: 'room.move', details: { workerIndex, askedOn: 'c' } });
      await join('b', roomId, 'carol');
      expect(await move()).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('a and b') },
      });
      expect((await move({ node: 'b', workerIndex: 1 })).status).toBe(200);
      expect((await move({ node: 'a', workerIndex: 7 })).status).toBe(404);
      expect((await move({ node: 'x' })).status).toBe(404);
    });

    test('what peers of other nodes receive is listed, read, paused and closed by REST of any node', async () => {
      const roomId = newRoom();
      const alice = await join('a', roomId, 'alice');
      const { id: producerId } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1000));
      await alice.client.request('produceData', dataChannel(alice.sendTransport, 1));
      const bob = await join('b', roomId, 'bob');
      const here = await join('a', roomId, 'here');
      for (const { client } of [bob, here])
        await client.waitFor('newConsumer', (data) => data.producerId === producerId);
      const consumersOf = (name: Name) => nodes.server(name).sfu.read.consumers(roomId);
      await until(() => [...consumersOf('a'), ...consumersOf('b')].length === 2, 'two consumers');
      const all = await rest('c', `/rooms/${roomId}/consumers`);
      expect(
        all.body.items.map(({ peerId, node }: Record<string, string>) => `${peerId} ${node}`).sort(),
      ).toEqual(['bob b', 'here a']);
      const pages: string[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await rest('c', `/rooms/${roomId}/consumers?limit=1${cursor}`);
        pages.push(...body.items.map(({ id }: { id: string }) => id));
        if (body.nextCursor === null) break;
        cursor = `&cursor=${body.nextCursor}`;
      }
      expect(pages).toEqual(all.body.items.map(({ id }: { id: string }) => id));
      const [own] = consumersOf('b');
      const path = `/rooms/${roomId}/consumers/${own?.id}`;
      expect((await rest('c', path)).body).toMatchObject({
        id: own?.id,
        peerId: 'bob',
        producerId,
        node: 'b',
      });
      const stats = await rest('c', `${path}/stats`);
      expect(stats.body.stats.map(({ type }: { type: string }) => type)).toContain('outbound-rtp');
      expect((await rest('c', `${path}/pause`, 'PUT')).body).toMatchObject({ paused: true, node: 'b' });
      await bob.client.waitFor('consumerPaused', ({ consumerId }) => consumerId === own?.id);
      expect((await rest('a', `${path}/pause`, 'DELETE')).body).toMatchObject({ paused: false });
      expect((await rest('c', path, 'DELETE')).status).toBe(204);
      await bob.client.waitFor('consumerClosed', ({ consumerId }) => consumerId === own?.id);
      expect((await rest('c', path)).status).toBe(404);
      const producing = await rest('c', `/rooms/${roomId}/producers/${producerId}/stats`);
      expect(producing).toMatchObject({ status: 200, body: { stats: [] } });
      const transports = await rest('c', `/rooms/${roomId}/peers/alice/transports`);
      expect(transports.body.items.map(({ id }: { id: string }) => id).sort()).toEqual(
        [alice.sendTransport, alice.recvTransport].sort(),
      );
      const transport = `/rooms/${roomId}/peers/alice/transports/${alice.sendTransport}/stats`;
      expect((await rest('b', transport)).body.stats[0]?.type).toBe('webrtc-transport');
      const channels = await rest('c', `/rooms/${roomId}/peers/alice/data-producers`);
      expect(channels.body.items).toMatchObject([{ label: 'chat' }]);
      expect((await rest('c', `/rooms/${roomId}/peers/nobody/transports`)).status).toBe(404);
      expect((await rest('c', '/rooms/nowhere/consumers')).status).toBe(404);
    });
  });
}

test('what a room offers that was opened twice apart is not played where its codec is missing', async () => {
  const mesh = await BusMesh.of(names, environment);
  await using _ends = mesh;
  const roomId = newRoom();
  mesh.hub.isolate('b');
  const create = (name: Name, video: 'VP8' | 'H264') =>
    mesh.server(name).commands.createRoom({ roomId, options: { codecs: ['opus', video] }, by });
  await create('a', 'VP8');
  await create('b', 'H264');
  const token = await tokenFor(roomId, 'bob');
  const bob = await enter({ server: mesh.server('b'), roomId, peerId: 'bob', token });
  mesh.hub.isolate();
  const origins = () => names.slice(0, 2).map((name) => mesh.server(name).sfu.mesh.origin(roomId));
  await until(() => Bun.deepEquals(origins()[0], origins()[1]), 'one origin');
  expect(origins()[0]?.codecs).toEqual(['opus', 'VP8']);
  const alice = await enter({
    ...{ server: mesh.server('a'), roomId, peerId: 'alice' },
    token: await tokenFor(roomId, 'alice'),
  });
  const { id: video } = await alice.client.request('produce', videoTrack(alice.sendTransport, 1000));
  const { id: audio } = await alice.client.request('produce', audioTrack(alice.sendTransport, 2000));
  await bob.client.waitFor('newConsumer', ({ producerId }) => producerId === audio);
  expect(await codeOf(bob.client.request('consume', { producerId: video }))).toBe('unsupported');
  expect(mesh.server('b').sfu.mesh.counts.unreachable).toBe(0);
});
