import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import type { RemoteEvents } from '../../src/sfu/remote-events.ts';
import type { Peer, PeerLink } from '../../src/sfu/rooms/peer.ts';
import type { RemoteDataPublication } from '../../src/sfu/rooms/remote-data-publication.ts';
import { PublishedElsewhere } from '../../src/sfu/rooms/remote-publishing.ts';
import { RemoteRoster } from '../../src/sfu/rooms/roster.ts';
import type { DataPublicationShare, PeerShare } from '../../src/sfu/rooms/share.ts';
import { peerShare } from '../cluster/test-node.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, testLog, tokenFor, withKeys } from '../support/server.ts';
import { audioTrack, dataChannel, enter } from '../support/world.ts';

setDefaultTimeout(60_000);

const size = 2000;
const admin = { kind: 'admin', id: 'ada' } as const;
const link: PeerLink = { gone: Promise.resolve(), close: () => {} };

/** Somebody without a socket, of the audience. */
async function comeWithout(server: Server, peerId: string, subject = peerId): Promise<Peer> {
  const grants = { publish: false, subscribe: true, moderate: false, hidden: false };
  const identity = { roomId: 'room', peerId, subject, metadata: {}, grants, address: '192.0.2.1' };
  const peer = await server.sfu.enter(identity, link);
  const options = { displayName: peerId, device: {}, rtpCapabilities: undefined, autoSubscribe: true };
  server.sfu.room('room').join(peer, options);
  return peer;
}

/** Counts every step that somebody makes over the peers of a map. @returns reads how many since the last time */
function countSteps(map: Map<string, Peer>): () => number {
  let steps = 0;
  function* counted<T>(all: Iterable<T>): MapIterator<T> {
    for (const one of all) {
      steps += 1;
      yield one;
    }
  }
  const [values, entries, keys] = [map.values.bind(map), map.entries.bind(map), map.keys.bind(map)];
  Object.assign(map, {
    values: () => counted(values()),
    entries: () => counted(entries()),
    keys: () => counted(keys()),
    [Symbol.iterator]: () => counted(entries()),
  });
  return () => {
    const since = steps;
    steps = 0;
    return since;
  };
}

test('in a room of 2,000 nothing but what goes to everyone looks at everyone', async () => {
  // Its time stands still: nothing is sampled meanwhile.
  const clock = new TestClock(Date.now());
  await using server = await startServer({ ...withKeys, TUREEN_MAX_PEERS_PER_ROOM: '5000' }, { clock });
  const { sfu, commands } = server;
  for (let number = 0; number < size; number += 1) await comeWithout(server, `listener ${number}`);
  const room = sfu.room('room');
  const steps = countSteps(room.peers as Map<string, Peer>);
  expect([...room.peers.values()]).toHaveLength(size);
  expect(steps()).toBe(size);

  const come = async (peerId: string) =>
    await enter({ server, peerId, path: '/signaling?roster=1&', token: await tokenFor('room', peerId) });
  const speaker = await come('speaker');
  const other = await come('other');
  await other.client.request('listPeers', {});
  await other.client.request('raiseHand', { raised: true });
  expect(steps()).toBe(0);

  // What is published is offered to everyone.
  const { id } = await speaker.client.request('produce', audioTrack(speaker.sendTransport, 1000));
  const { id: dataId } = await speaker.client.request('produceData', dataChannel(speaker.sendTransport, 1));
  expect(steps()).toBeLessThanOrEqual(2 * room.peers.size);
  expect(room.findPublication(id)?.info.peerId).toBe('speaker');
  expect(room.findDataPublication(dataId)?.info.peerId).toBe('speaker');

  sfu.events.emit('activeSpeaker', { roomId: 'room', peerId: 'speaker', volume: -30 });
  await commands.muteProducer({ roomId: 'room', peerId: 'speaker', producerId: id, by: admin });
  await commands.allowProducer({ roomId: 'room', peerId: 'speaker', producerId: id, by: admin });
  await commands.setPublish({ roomId: 'room', peerId: 'listener 7', publish: true, by: admin });
  const late = await comeWithout(server, 'late');
  room.removePeer(late, 'left');
  await commands.removePeer({ roomId: 'room', peerId: 'listener 8', by: admin });
  const ban = { kinds: ['identity'], scope: 'room', milliseconds: null } as const;
  await commands.removePeer({ roomId: 'room', peerId: 'listener 9', by: admin }, ban);
  await speaker.client.request('closeProducer', { producerId: id });
  await speaker.client.close();
  expect(steps()).toBe(0);
  expect(sfu.read.hasPeer('room', 'listener 8')).toBeFalse();
  expect(sfu.read.hasPeer('room', 'listener 9')).toBeFalse();
});

test('a ban that matches everyone looks at each of them once', async () => {
  const clock = new TestClock(Date.now());
  await using server = await startServer({ ...withKeys, TUREEN_MAX_PEERS_PER_ROOM: '5000' }, { clock });
  for (let number = 0; number < size; number += 1) await comeWithout(server, `listener ${number}`);
  const room = server.sfu.room('room');
  const steps = countSteps(room.peers as Map<string, Peer>);
  const ban = { kind: 'address', value: '192.0.2.0/24', roomId: null, reason: '', expiresAt: null } as const;
  await server.commands.ban({ ...ban, by: admin }, { by: admin });
  expect(room.peers.size).toBe(0);
  expect(steps()).toBe(size);
});

/** A share that counts how often somebody looks at whether its peer takes part. */
function countedShare(peerId: string, more: Partial<PeerShare>, count: () => void): PeerShare {
  const share = peerShare(peerId, { state: 'joined', joinedAt: 1, ...more });
  return Object.defineProperty({ ...share }, 'state', {
    enumerable: true,
    get: () => {
      count();
      return 'joined' as const;
    },
  });
}

test('of 2,000 peers on another node one that comes, goes, publishes or is muted is found without a look at the others', () => {
  let looks = 0;
  const looked = () => {
    const since = looks;
    looks = 0;
    return since;
  };
  const count = () => {
    looks += 1;
  };
  const events = new EventBus<RemoteEvents>(testLog);
  const restricted: string[] = [];
  events.on('remotePeerRestricted', ({ peerId }) => void restricted.push(peerId));
  const published = new PublishedElsewhere();
  const roster = new RemoteRoster({
    ...{ id: 'room', events, life: 'self', published },
    local: () => undefined,
    replaceLocal: () => {},
    newPublication: () => {
      throw new Error('nobody publishes media here');
    },
    newDataPublication: (_ref, { id }) =>
      ({ info: { id, label: '' }, peer: { peerId: 'peer 5' }, close: () => {} }) as RemoteDataPublication,
    nodeCame: () => {},
    nodeLeft: () => {},
  });
  const [far, near] = [
    { life: 'far', name: 'far' },
    { life: 'near', name: 'near' },
  ];
  const put = (peerId: string, more: Partial<PeerShare> = {}, from = far) =>
    roster.put(countedShare(peerId, { sessionId: peerId, subject: `of ${peerId}`, ...more }, count), from);
  for (let number = 0; number < size; number += 1) put(`peer ${number}`);
  put('alone', {}, near);
  expect(looked()).toBeGreaterThan(size);
  const few = 40;

  const channel: DataPublicationShare = {
    ...{ id: 'channel', label: '', protocol: '', appData: {}, openedAt: 1, offered: true },
    delivery: { ordered: true, maxPacketLifeTime: null, maxRetransmits: null },
  };
  put('peer 5', { dataPublications: [channel] });
  expect(roster.dataPublication('far', 'channel')).toBeDefined();
  expect(roster.dataPublication('near', 'channel')).toBeUndefined();
  expect([...published.data.keys()]).toEqual(['channel']);
  expect(roster.livesInCall).toEqual(['far', 'near']);
  expect(roster.bySession('far', 'peer 6')?.id).toBe('peer 6');
  expect(roster.bySession('near', 'peer 6')).toBeUndefined();
  roster.restricted('of peer 7');
  expect(restricted).toEqual(['peer 7']);
  roster.drop('peer 5', far, 'left');
  expect(published.data.size).toBe(0);
  roster.dropNode('near', 'node_lost');
  put('new');
  expect(roster.peers.size).toBe(size);
  expect(looked()).toBeLessThan(few);
});
