import { expect, setDefaultTimeout, test } from 'bun:test';
import { TestClock } from '../../support/clock.ts';
import { TestMesh } from '../../support/mesh.ts';
import { tokenFor, withKeys } from '../../support/server.ts';
import { SignalingClient } from '../../support/signaling-client.ts';
import { until } from '../../support/until.ts';
import { audioTrack, enter } from '../../support/world.ts';

setDefaultTimeout(60_000);

const chooses = { autoSubscribe: false };

/** Who is in the room as a node knows it, wherever they are. */
function present(mesh: TestMesh, node: string): string[] {
  const room = mesh.server(node).sfu.rooms.get('room');
  const peers = [...(room?.peers.values() ?? []), ...(room?.mesh?.roster.peers.values() ?? [])];
  const joined = peers.filter((peer) => peer.joined);
  return joined.map(({ id, displayName }) => `${id}: ${displayName}`).toSorted();
}

test('peers on two nodes are told of each other: join, name, publications, mute and departure', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice', join: chooses });
  const bob = await enter({ server: mesh.server('b'), peerId: 'bob', join: chooses });
  expect(await alice.client.waitFor('newPeer')).toMatchObject({ id: 'bob', displayName: 'bob' });
  await bob.client.request('changeDisplayName', { displayName: 'Robert' });
  expect(await alice.client.waitFor('peerDisplayNameChanged')).toEqual({
    peerId: 'bob',
    displayName: 'Robert',
    oldDisplayName: 'bob',
  });
  const metadata = { seat: 7, tags: ['guest'] };
  mesh.server('b').sfu.setPeerMetadata({
    ...{ roomId: 'room', peerId: 'bob', metadata },
    by: { kind: 'api', id: 'seating' },
  });
  for (const { client } of [alice, bob])
    expect(await client.waitFor('peerMetadataChanged')).toEqual({ peerId: 'bob', metadata });
  const attributes = { mood: 'calm' };
  await bob.client.request('setAttributes', { attributes });
  for (const { client } of [alice, bob])
    expect(await client.waitFor('peerAttributesChanged')).toEqual({ peerId: 'bob', attributes });
  await bob.client.request('raiseHand', {});
  expect(await alice.client.waitFor('peerHand')).toMatchObject({
    peerId: 'bob',
    raisedAt: expect.any(Number),
  });
  await bob.client.request('react', { reaction: 'clap' });
  expect(await alice.client.waitFor('peerReaction')).toMatchObject({ peerId: 'bob', reaction: 'clap' });
  expect(present(mesh, 'a')).toEqual(['alice: alice', 'bob: Robert']);
  expect(present(mesh, 'b')).toEqual(present(mesh, 'a'));

  const { id: producerId } = await bob.client.request('produce', audioTrack(bob.sendTransport, 1));
  const opened = { peerId: 'bob', producerId, kind: 'audio', source: 'audio', paused: false };
  expect(await alice.client.waitFor('newProducer')).toEqual(opened);
  const paused = () => mesh.server('a').sfu.room('room').publication(producerId).info.pausedBy;
  await bob.client.request('pauseProducer', { producerId });
  await until(() => paused().has('peer'), 'the pause to be known');
  await mesh.server('b').sfu.muteProducer({
    ...{ roomId: 'room', peerId: 'bob', producerId },
    by: { kind: 'admin', id: 'root' },
  });
  await until(() => paused().has('moderator'), 'the mute to be known');

  const carol = await enter({ server: mesh.server('a'), peerId: 'carol', join: chooses });
  const again = carol.client.frames.all.find(({ response, data }) => response && data && 'peers' in data);
  expect(again?.data?.peers).toMatchObject([
    { id: 'alice' },
    { id: 'bob', displayName: 'Robert', metadata, attributes, producers: [{ producerId, paused: true }] },
  ]);
  await bob.client.request('closeProducer', { producerId });
  expect(await alice.client.waitFor('producerGone')).toEqual({ peerId: 'bob', producerId });
  await bob.client.request('leaveCall', {});
  expect(await alice.client.waitFor('peerClosed')).toEqual({ peerId: 'bob', reason: 'left' });
  expect(await carol.client.waitFor('peerLeft')).toEqual({ peerId: 'bob', reason: 'left' });
  expect(present(mesh, 'a')).toEqual(['alice: alice', 'carol: carol']);
});

test('a peer that comes again on another node replaces itself there, and comes back', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const witness = await enter({ server: mesh.server('a'), peerId: 'witness', join: chooses });
  for (const node of ['b', 'a', 'b'])
    await enter({ server: mesh.server(node), peerId: 'bob', join: chooses });
  const told = () =>
    witness.client.events
      .filter(({ method }) => method === 'newPeer' || method === 'peerClosed')
      .map(({ method, data }) => (method === 'newPeer' ? 'came' : data.reason));
  await until(() => told().length === 5, 'all that is told');
  expect(told()).toEqual(['came', 'replaced', 'came', 'replaced', 'came']);
  expect(present(mesh, 'a')).toEqual(['bob: bob', 'witness: witness']);
  expect(present(mesh, 'b')).toEqual(present(mesh, 'a'));
});

test('a peer whose socket is cut is away on every node until it goes on, and one that comes on another node takes its place', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  const [onA, onB] = [mesh.server('a'), mesh.server('b')];
  const path = '/signaling?resume=1&';
  const alice = await enter({ server: onA, peerId: 'alice', join: chooses });
  const bob = await enter({ server: onB, peerId: 'bob', join: chooses, path });
  const { ticket } = await bob.client.waitFor('resumeTicket');
  await alice.client.waitFor('newPeer');
  await bob.client.cut();
  await until(() => onB.sfu.peer('room', 'bob').absence !== undefined, 'the node to notice');
  clock.advance(3000);
  expect(await alice.client.waitFor('peerAway')).toEqual({ peerId: 'bob', away: true });
  const count = bob.client.frames.all.length;
  const show = { peerId: 'bob', ticket: String(ticket), path: `${path}received=${count}&` };
  // Tickets are of the node that gave them.
  const elsewhere = await SignalingClient.connect({ server: onA, ...show });
  expect((await elsewhere.closed).reason).toStartWith('ticket_refused: ');
  const back = await SignalingClient.connect({ server: onB, ...show });
  await alice.client.waitFor('peerAway', ({ away }) => away === false);
  await back.cut();
  await until(() => onB.sfu.peer('room', 'bob').absence !== undefined, 'the node to notice again');
  await enter({ server: onA, peerId: 'bob', join: chooses });
  await until(() => !onB.sfu.room('room').peers.has('bob'), 'the end of the former stay');
  expect(alice.client.named('peerClosed')).toEqual([{ peerId: 'bob', reason: 'replaced' }]);
});

test('the connection that was replaced from another node is closed, and says why', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  await enter({ server: mesh.server('b'), peerId: 'witness', join: chooses });
  const former = await enter({ server: mesh.server('a'), peerId: 'bob', join: chooses });
  await enter({ server: mesh.server('b'), peerId: 'bob', join: chooses });
  expect((await former.client.closed).reason).toStartWith('replaced: ');
});

test('of one identity that entered on two parted nodes one stays when they meet, on both the same', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  mesh.lose('b');
  const onA = await enter({ server: mesh.server('a'), peerId: 'bob', join: chooses });
  const onB = await enter({ server: mesh.server('b'), peerId: 'bob', join: chooses });
  mesh.comeBack('b');
  expect((await onA.client.closed).reason).toStartWith('replaced: ');
  expect(mesh.server('a').sfu.room('room').mesh?.roster.peers.get('bob')?.node.name).toBe('b');
  expect(mesh.server('b').sfu.peer('room', 'bob').joined).toBeTrue();
  await onB.client.request('changeDisplayName', { displayName: 'here' });
  await until(() => present(mesh, 'a').includes('bob: here'), 'the name');
});

test('who opens the room on a node waits for what the others say, so that a ghost does not win', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const ghost = await enter({ server: mesh.server('b'), peerId: 'bob', join: chooses });
  const bob = await enter({ server: mesh.server('a'), peerId: 'bob', join: chooses });
  expect((await ghost.client.closed).reason).toStartWith('replaced: ');
  expect(bob.client.named('peerClosed')).toEqual([]);
  expect(mesh.server('a').sfu.peer('room', 'bob').epoch).toBe(2);
});

test('peers of a lost node leave with that reason, and come when it is heard again', async () => {
  await using mesh = await TestMesh.of(['a', 'b', 'c']);
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice', join: chooses });
  await enter({ server: mesh.server('b'), peerId: 'bob', join: chooses });
  await enter({ server: mesh.server('c'), peerId: 'carol', join: chooses });
  await alice.client.waitFor('newPeer', ({ id }) => id === 'carol');
  mesh.lose('b');
  expect(await alice.client.waitFor('peerClosed')).toEqual({ peerId: 'bob', reason: 'node_lost' });
  mesh.comeBack('b');
  await until(() => alice.client.named('newPeer').length === 3, 'bob to be there again');
  expect(present(mesh, 'a')).toEqual(['alice: alice', 'bob: bob', 'carol: carol']);
});

test('a hidden peer on another node stays unseen, and counts', async () => {
  await using mesh = await TestMesh.of(['a', 'b'], {
    environment: { ...withKeys, TUREEN_MAX_PEERS_PER_ROOM: '2' },
  });
  const token = (peerId: string, hidden = false) => tokenFor('room', peerId, { grants: { hidden } });
  const alice = await enter({
    server: mesh.server('a'),
    peerId: 'alice',
    token: await token('alice'),
    join: chooses,
  });
  await enter({ server: mesh.server('b'), peerId: 'spy', token: await token('spy', true), join: chooses });
  await until(() => mesh.server('a').sfu.room('room').mesh?.roster.peers.has('spy') === true, 'the spy');
  expect(alice.client.named('newPeer')).toEqual([]);
  expect(mesh.server('a').sfu.room('room').othersOf(mesh.server('a').sfu.peer('room', 'alice'))).toEqual([]);
  const late = await SignalingClient.connect({
    server: mesh.server('a'),
    peerId: 'late',
    token: await token('late'),
  });
  expect((await late.closed).reason).toStartWith('room_full: ');
  // Who is in the room already, on another node, may come again.
  const spy = await SignalingClient.connect({
    server: mesh.server('a'),
    peerId: 'spy',
    token: await token('spy', true),
  });
  await spy.waitFor('mediasoupVersion');
});

test('the audience of another node is counted, and listed when it raises a hand', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const path = '/signaling?roster=1&';
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice', path, join: chooses });
  const olga = await enter({ server: mesh.server('a'), peerId: 'olga', join: chooses });
  const lena = await enter({ server: mesh.server('b'), peerId: 'lena', join: { audience: true } });
  const counted = await alice.client.waitFor('rosterChanged', ({ audience }) => audience === 1);
  expect(counted).toMatchObject({ count: 3 });
  // To a client that is told of each, as one of a small audience.
  expect(await olga.client.waitFor('newPeer')).toMatchObject({ id: 'lena' });
  await lena.client.request('raiseHand', {});
  const isLena = ({ joined }: Record<string, unknown>) => JSON.stringify(joined ?? []).includes('lena');
  expect(await alice.client.waitFor('rosterChanged', isLena)).toMatchObject({ count: 3, audience: 0 });
  await olga.client.waitFor('peerHand');
  expect(olga.client.named('newPeer')).toHaveLength(1);
  await lena.client.close();
  await alice.client.waitFor('rosterChanged', ({ left }) => left !== undefined);
});
