import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Source } from '../../src/core/sources.ts';
import type { Peer } from '../../src/sfu/rooms/peer.ts';
import { maxMoving } from '../../src/signaling/moving-out.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, dataChannel, enter, type Member, videoTrack } from '../support/world.ts';

setDefaultTimeout(60_000);

const movable = '/signaling?fast=1&resume=1&move=1&';
const by = { kind: 'admin', id: 'root' } as const;

let mesh: BusMesh;
let rooms = 0;

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b', 'c'], { ...withKeys, TUREEN_WORKERS: '1' });
});
afterAll(() => mesh[Symbol.asyncDispose]());

function newRoom(): string {
  rooms += 1;
  return `move-${rooms}`;
}

interface Joining {
  readonly moderate?: boolean;
  readonly publish?: boolean | Source[];
}

/** A client that can be moved, in the call on a node, with the ticket that it was given. */
async function join(node: string, roomId: string, peerId: string, grants: Joining = {}) {
  const token = await tokenFor(roomId, peerId, { grants: { moderate: false, ...grants } });
  const member = await enter({ server: mesh.server(node), roomId, peerId, token, path: movable });
  const { ticket } = await member.client.waitFor('resumeTicket');
  return { ...member, ticket: String(ticket) };
}

/** Connects to another node with a ticket, and joins there. */
async function arrive(node: string, roomId: string, peerId: string, ticket: string) {
  const server = mesh.server(node);
  const path = `${movable}moving=1&`;
  const client = await SignalingClient.connect({ server, roomId, peerId, ticket, path });
  const welcome = await Promise.race([client.waitFor('welcome'), client.closed]);
  if ('code' in welcome) throw new Error(String(welcome.reason));
  const {
    sendTransport,
    recvTransport,
    routerRtpCapabilities: rtpCapabilities,
  } = welcome as never as {
    sendTransport: { id: string };
    recvTransport: { id: string };
    routerRtpCapabilities: object;
  };
  const call = await client.request('join', { displayName: 'from the client', rtpCapabilities });
  const { ticket: next } = await client.waitFor('resumeTicket');
  const member: Member = { client, sendTransport: sendTransport.id, recvTransport: recvTransport.id };
  return { ...member, call, ticket: String(next) };
}

async function arrivalRefusal(node: string, roomId: string, peerId: string, ticket: string) {
  return await arrive(node, roomId, peerId, ticket).then(
    () => 'arrived',
    (error: Error) => error.message,
  );
}

const peerOn = (node: string, roomId: string, peerId: string): Peer | undefined =>
  mesh.server(node).sfu.rooms.get(roomId)?.peers.get(peerId);

const passagesOn = (node: string, roomId: string) =>
  [...(mesh.server(node).sfu.rooms.get(roomId)?.passages.values() ?? [])].map(({ id }) => id);

function roomSeenOn(node: string, roomId: string): string[] {
  const room = mesh.server(node).sfu.rooms.get(roomId);
  const peers = [...(room?.peers.values() ?? []), ...(room?.mesh?.roster.peers.values() ?? [])];
  const joined = peers.filter((peer) => peer.joined);
  return joined.map(({ id }) => id).toSorted();
}

/** What was said of comings and goings. */
const comings = ({ client }: Pick<Member, 'client'>) =>
  client.events.filter(({ method }) =>
    ['newPeer', 'peerLeft', 'peerClosed', 'peerAway'].includes(String(method)),
  );

describe('a client that moves to another node', () => {
  test('is the same peer to the others, who are told of no leave, no join and no absence', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const here = await join('a', roomId, 'here');
    const there = await join('b', roomId, 'there');
    const elsewhere = await join('c', roomId, 'elsewhere');
    const { id: voice } = await alice.client.request('produce', audioTrack(alice.sendTransport, 10));
    const others = [here, there, elsewhere];
    await Promise.all(others.map(({ client }) => client.waitFor('newConsumer')));
    await until(
      () => others.every((one) => comings(one).length === 2 - others.indexOf(one)),
      'all to be known',
    );
    const before = others.map((one) => comings(one).length);

    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    const track = { ...audioTrack(moved.sendTransport, 20), replaces: voice };
    const { id: next } = await moved.client.request('produce', track);
    expect(roomSeenOn('b', roomId)).toEqual(['alice', 'elsewhere', 'here', 'there']);
    expect(
      mesh
        .server('b')
        .sfu.snapshot()
        .rooms.find(({ id }) => id === roomId)?.peers,
    ).toHaveLength(1);
    const call = await moved.client.request('commitMove', {});
    expect(call.peers.map(({ id }) => id).toSorted()).toEqual(['elsewhere', 'here', 'there']);
    for (const { client } of others)
      expect(await client.waitFor('newConsumer', ({ producerId }) => producerId === next)).toMatchObject({
        peerId: 'alice',
        replaces: voice,
      });
    // What they received before goes on until she closes her former connection.
    await until(() => peerOn('a', roomId, 'alice') === undefined, 'node a to let her go');
    expect(others.flatMap(({ client }) => client.named('consumerClosed'))).toEqual([]);
    await alice.client.close();
    await Promise.all(others.map(({ client }) => client.waitFor('consumerClosed')));
    expect(others.map((one) => comings(one).length)).toEqual(before);
    for (const node of ['a', 'b', 'c']) {
      expect(roomSeenOn(node, roomId)).toEqual(['alice', 'elsewhere', 'here', 'there']);
      expect(passagesOn(node, roomId)).toEqual([]);
    }
  });

  test('takes along its name, its hand, its metadata and what a moderator took of it', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('b', roomId, 'bob');
    const { id: voice } = await alice.client.request('produce', audioTrack(alice.sendTransport, 10));
    const { sfu } = mesh.server('a');
    await mesh.server('a').commands.muteProducer({ roomId, peerId: 'alice', producerId: voice, by });
    await mesh.server('a').commands.setPeerMetadata({ roomId, peerId: 'alice', metadata: { seat: 4 }, by });
    await alice.client.request('changeDisplayName', { displayName: 'Alice' });
    await alice.client.request('raiseHand', {});
    const { joinedAt, connectedAt, handRaisedAt } = sfu.peer(roomId, 'alice');
    await bob.client.waitFor('peerHand');

    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    const track = { ...audioTrack(moved.sendTransport, 20), replaces: voice };
    const { id } = await moved.client.request('produce', track);
    const resuming = moved.client.request('resumeProducer', { producerId: id });
    await expect(resuming).rejects.toThrow('a moderator muted this');
    // What changes before it takes over comes along, too.
    await mesh.server('c').commands.setPeerMetadata({ roomId, peerId: 'alice', metadata: { seat: 5 }, by });
    await moved.client.request('commitMove', {});
    const peer = peerOn('b', roomId, 'alice');
    expect(peer).toMatchObject({ displayName: 'Alice', metadata: { seat: 5 } });
    expect(peer).toMatchObject({ joinedAt, connectedAt, handRaisedAt });
    expect([...(peer?.publication(id).pausedBy ?? [])].toSorted()).toEqual(['moderator', 'peer']);
    await moved.client.waitFor('producerPaused', ({ producerId }) => producerId === id);
    await mesh.server('c').commands.allowProducer({ roomId, peerId: 'alice', producerId: id, by });
    await moved.client.request('resumeProducer', { producerId: id });
  });

  test('sends and receives data on both connections, so that nothing is lost', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('c', roomId, 'bob');
    await bob.client.request('produceData', dataChannel(bob.sendTransport, 1));
    await alice.client.request('produceData', dataChannel(alice.sendTransport, 1));
    await Promise.all([alice, bob].map(({ client }) => client.waitFor('newDataConsumer')));
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    await moved.client.request('produceData', dataChannel(moved.sendTransport, 1));
    expect(moved.client.named('newDataConsumer')).toEqual([]);
    await moved.client.request('commitMove', {});
    await moved.client.waitFor('newDataConsumer');
    await until(() => bob.client.named('newDataConsumer').length === 2, 'the channel on the other node');
    expect(alice.client.named('dataConsumerClosed')).toEqual([]);
    await alice.client.close();
    await bob.client.waitFor('dataConsumerClosed');
  });

  test('can move on, with the ticket that the second node gave it', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('a', roomId, 'bob');
    await alice.client.waitFor('newPeer');
    let last: Member & { ticket: string } = alice;
    for (const node of ['b', 'c', 'a']) {
      const moved = await arrive(node, roomId, 'alice', last.ticket);
      await moved.client.request('commitMove', {});
      await last.client.close();
      last = moved;
      await until(
        () =>
          ['a', 'b', 'c'].every((name) => (peerOn(name, roomId, 'alice') !== undefined) === (name === node)),
        'one node to have her',
      );
    }
    await last.client.request('leaveCall', {});
    expect(await bob.client.waitFor('peerLeft')).toMatchObject({ peerId: 'alice', reason: 'left' });
    expect(bob.client.named('newPeer')).toEqual([]);
  });

  test('stays where it is when it does not take over', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('b', roomId, 'bob');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    await moved.client.request('produce', videoTrack(moved.sendTransport, 20));
    await moved.client.cut();
    await until(() => passagesOn('b', roomId).length === 0, 'the end of the attempt');
    expect(peerOn('a', roomId, 'alice')?.joined).toBeTrue();
    await alice.client.request('raiseHand', {});
    await bob.client.waitFor('peerHand');
    expect(bob.client.named('newConsumer')).toEqual([]);
    expect(comings(bob)).toEqual([]);
  });

  test('takes over also when the node that it leaves is silent, which lets it go when it is heard again', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('b', roomId, 'bob');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    mesh.hub.isolate('a');
    await moved.client.request('commitMove', {});
    expect(peerOn('b', roomId, 'alice')?.joined).toBeTrue();
    expect(peerOn('a', roomId, 'alice')?.joined).toBeTrue();
    mesh.hub.isolate();
    await until(() => peerOn('a', roomId, 'alice') === undefined, 'node a to let her go');
    expect(comings(bob)).toEqual([]);
  });

  test('does nothing that others see before it takes over, nor on its former connection afterwards', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice', { moderate: true });
    await join('a', roomId, 'bob');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    await expect(moved.client.request('raiseHand', {})).rejects.toThrow('commitMove');
    await expect(moved.client.request('removePeer', { peerId: 'bob' })).rejects.toThrow('commitMove');
    await moved.client.request('commitMove', {});
    await until(() => peerOn('a', roomId, 'alice') === undefined, 'node a to let her go');
    await expect(alice.client.request('removePeer', { peerId: 'bob' })).rejects.toThrow('gone');
    const track = audioTrack(alice.sendTransport, 10);
    await expect(alice.client.request('produce', track)).rejects.toThrow('gone');
    expect(peerOn('a', roomId, 'bob')?.joined).toBeTrue();
    await moved.client.request('raiseHand', {});
  });
});

describe('a ticket that is shown on another node', () => {
  test('is refused when nobody was given it, and when it is of somebody else', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    await join('a', roomId, 'bob');
    for (const [peerId, ticket] of [
      ['alice', 'x'.repeat(43)],
      ['bob', alice.ticket],
      ['alice', 'short'],
    ] as const)
      expect(await arrivalRefusal('b', roomId, peerId, ticket)).toContain('ticket_refused');
    // Nothing is made for who shows a bad one.
    expect(mesh.server('b').sfu.rooms.has(roomId)).toBeFalse();
    expect(peerOn('a', roomId, 'alice')?.joined).toBeTrue();
  });

  test('lets only the last of several that show it take over', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const first = await arrive('b', roomId, 'alice', alice.ticket);
    const second = await arrive('c', roomId, 'alice', alice.ticket);
    await expect(first.client.request('commitMove', {})).rejects.toThrow('gone');
    await second.client.request('commitMove', {});
    await until(() => peerOn('a', roomId, 'alice') === undefined, 'node a to let her go');
    expect(await arrivalRefusal('b', roomId, 'alice', alice.ticket)).toContain('ticket_refused');
    expect(peerOn('c', roomId, 'alice')?.joined).toBeTrue();
  });

  test('is void with the peer that a moderator removes, wherever it is on its way', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    await join('c', roomId, 'bob');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    const { commands } = mesh.server('c');
    await commands.removePeer({ roomId, peerId: 'alice', by, reason: 'enough' });
    expect(await alice.client.closed).toMatchObject({ code: 4000 });
    expect((await moved.client.closed).reason).toContain('removed');
    expect(await arrivalRefusal('b', roomId, 'alice', alice.ticket)).toContain('ticket_refused');
    expect(passagesOn('b', roomId)).toEqual([]);
  });

  test('ends both connections when she is removed just after she took over', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const bob = await join('c', roomId, 'bob');
    await alice.client.request('produce', audioTrack(alice.sendTransport, 10));
    await bob.client.waitFor('newConsumer');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    await moved.client.request('commitMove', {});
    await until(() => passagesOn('a', roomId).includes('alice'), 'node a to let her go');
    await mesh.server('c').commands.removePeer({ roomId, peerId: 'alice', by, reason: '' });
    await Promise.all([alice.client.closed, moved.client.closed]);
    await bob.client.waitFor('consumerClosed');
    await until(
      () => ['a', 'b'].every((node) => passagesOn(node, roomId).length === 0),
      'nothing to be left',
    );
  });

  test('does not help somebody who came again in the meantime', async () => {
    const roomId = newRoom();
    const alice = await join('a', roomId, 'alice');
    const moved = await arrive('b', roomId, 'alice', alice.ticket);
    const again = await join('c', roomId, 'alice');
    await alice.client.closed;
    await expect(moved.client.request('commitMove', {})).rejects.toThrow('gone');
    expect(again.client.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('a node that drains', () => {
  test('asks those that can be moved, each once, and its drain ends when they are gone', async () => {
    const roomId = newRoom();
    const extra = await mesh.add('d', {
      ...withKeys,
      TUREEN_WORKERS: '1',
      TUREEN_PUBLIC_URL: 'http://d.test',
    });
    const other = await mesh.add('e', {
      ...withKeys,
      TUREEN_WORKERS: '1',
      TUREEN_PUBLIC_URL: 'http://e.test',
    });
    await until(() => mesh.knows('d').length === 4 && mesh.knows('e').length === 4, 'the nodes');
    const alice = await join('d', roomId, 'alice');
    const token = await tokenFor(roomId, 'old');
    const old = await enter({ server: extra, roomId, peerId: 'old', token });
    const drained = extra.sfu.drain({ milliseconds: 60_000 });
    expect(await alice.client.waitFor('move')).toEqual({ url: null, reason: 'draining' });
    const { reconnectAfterMs } = await alice.client.waitFor('draining');
    expect(reconnectAfterMs).toBeGreaterThanOrEqual(55_000);
    const moved = await arrive('e', roomId, 'alice', alice.ticket);
    await moved.client.request('commitMove', {});
    await alice.client.close();
    await old.client.close();
    expect(await drained).toBe('ended');
    expect(old.client.named('move')).toEqual([]);
    expect(alice.client.named('move')).toHaveLength(1);
    expect(peerOn('e', roomId, 'alice')?.origin?.node).toBe('d');
    await extra.stop();
    await other.stop();
  });

  test('moves twenty at a time, and the next when one has gone', async () => {
    const roomId = newRoom();
    const full = await mesh.add('f', { ...withKeys, TUREEN_PUBLIC_URL: 'http://f.test' });
    const other = await mesh.add('g', { ...withKeys, TUREEN_PUBLIC_URL: 'http://g.test' });
    await until(() => mesh.knows('f').includes('g') && mesh.knows('g').includes('f'), 'the nodes');
    const ids = Array.from({ length: maxMoving + 2 }, (_, index) => `peer-${index}`);
    const all = await Promise.all(ids.map(async (id) => ({ id, ...(await join('f', roomId, id)) })));
    void full.sfu.drain({ milliseconds: 60_000 });
    await Promise.all(all.map(({ client }) => client.waitFor('draining')));
    // What was sent at that moment has come with the answer.
    await Promise.all(all.map(({ client }) => client.request('getRouterRtpCapabilities', {})));
    const asked = () => all.filter(({ client }) => client.named('move').length > 0);
    expect(asked()).toHaveLength(maxMoving);
    const [first] = asked();
    if (!first) throw new Error('nobody was asked');
    const moved = await arrive('g', roomId, first.id, first.ticket);
    await moved.client.request('commitMove', {});
    await until(() => asked().length === maxMoving + 1, 'the next one to be asked');
    await full.stop();
    await other.stop();
  });
});
