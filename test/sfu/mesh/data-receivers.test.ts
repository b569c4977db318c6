import { expect, setDefaultTimeout, test } from 'bun:test';
import type { types } from 'mediasoup';
import { TestClock } from '../../support/clock.ts';
import { TestMesh } from '../../support/mesh.ts';
import { enterRoom } from '../../support/rtp-peers.ts';
import { until } from '../../support/until.ts';
import { dataChannel, enter, type Member } from '../../support/world.ts';

setDefaultTimeout(60_000);

/** The data channels of the receiver are connected, as its worker says of one that has a client. */
function connectSctp(mesh: TestMesh, node: string, peerId: string, { recvTransport }: Member): void {
  const entry = mesh.server(node).sfu.peer('room', peerId).webRtcTransport(recvTransport);
  entry.transport.emit('sctpstatechange', 'connected');
}

/** What the client that sends is told of its channel, in its order. */
const told = ({ client }: Member) => client.named('dataProducerReady').map(({ ready }) => ready);

async function produceData(sender: Member, more: object = {}) {
  const channel = dataChannel(sender.sendTransport, 1);
  const { sctpStreamParameters } = channel;
  return await sender.client.request('produceData', {
    ...channel,
    sctpStreamParameters: { ...sctpStreamParameters, ...more },
  });
}

const knows = (mesh: TestMesh, node: string, peerId: string) =>
  until(() => mesh.server(node).sfu.mesh.find('room', peerId) !== undefined, `${peerId} at node ${node}`);

test.each([
  ['a reliable one', {}, { ordered: true }],
  ['one that repeats twice', { ordered: false, maxRetransmits: 2 }, { ordered: false, maxRetransmits: 2 }],
  // What the worker takes for the least.
  ['one that never repeats', { ordered: false, maxRetransmits: 0 }, { ordered: false, maxRetransmits: 1 }],
  [
    'one with a limit of time',
    { ordered: false, maxPacketLifeTime: 50 },
    { ordered: false, maxPacketLifeTime: 50 },
  ],
  ['one without an order', { ordered: false }, { ordered: false }],
])('a channel is delivered on other nodes as on its own: %s', async (_which, more, delivery) => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice' });
  const [near, far] = [
    await enter({ server: mesh.server('a'), peerId: 'near' }),
    await enter({ server: mesh.server('b'), peerId: 'far' }),
  ];
  await produceData(alice, more);
  for (const { client } of [near, far]) {
    const { sctpStreamParameters } = await client.waitFor('newDataConsumer');
    const { ordered, maxRetransmits, maxPacketLifeTime } = sctpStreamParameters as types.SctpStreamParameters;
    expect<object>({ ordered, maxRetransmits, maxPacketLifeTime }).toEqual(delivery);
  }
});

test('who opens a channel is told when it is received on other nodes, too', async () => {
  await using mesh = await TestMesh.of(['a', 'b', 'c']);
  const bob = await enter({ server: mesh.server('b'), peerId: 'bob' });
  const carol = await enter({ server: mesh.server('c'), peerId: 'carol' });
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice' });
  for (const peerId of ['bob', 'carol']) await knows(mesh, 'a', peerId);
  expect(await produceData(alice)).toMatchObject({ ready: false });
  await carol.client.waitFor('newDataConsumer');
  await bob.client.waitFor('newDataConsumer');
  // Carol does not receive it and never will.
  await carol.client.close();
  const { audience } = mesh.server('a').sfu.room('room').localDataPublications[0] ?? {};
  await until(() => mesh.server('a').sfu.mesh.find('room', 'carol') === undefined, 'the end of carol');
  expect(audience?.ready).toBe(false);
  await until(() => {
    // As soon as its server follows the state of the transport.
    connectSctp(mesh, 'b', 'bob', bob);
    return told(alice).length === 2;
  }, 'the news');
  expect(told(alice)).toEqual([false, true]);
});

test('who sends is told when somebody comes to another node, and when that one receives', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice' });
  expect(await produceData(alice)).toMatchObject({ ready: true });
  const bob = await enter({ server: mesh.server('b'), peerId: 'bob' });
  await alice.client.waitFor('dataProducerReady');
  expect(told(alice)).toEqual([false]);
  await bob.client.waitFor('newDataConsumer');
  const isMade = () => mesh.server('b').sfu.peer('room', 'bob').dataSubscriptions.size === 1;
  await until(isMade, 'the data consumer');
  await until(() => {
    // As soon as its server follows the state of the transport.
    connectSctp(mesh, 'b', 'bob', bob);
    return told(alice).length === 2;
  }, 'the news');
  expect(told(alice)).toEqual([false, true]);
});

test('nobody is waited for on a node whose peers take no data', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice' });
  const { room, peer } = await enterRoom(mesh.server('b'), 'without a socket');
  await knows(mesh, 'a', peer.id);
  await produceData(alice);
  await until(() => room.dataPublications.length === 1, 'the channel');
  const { audience } = mesh.server('a').sfu.room('room').localDataPublications[0] ?? {};
  await until(() => audience?.ready === true, 'nobody to wait for');
});

test('a node that says nothing is not waited for longer than three seconds, and one that is lost not at all', async () => {
  const clock = new TestClock();
  await using mesh = await TestMesh.of(['a', 'b'], { clock });
  const { peer } = await enterRoom(mesh.server('b'), 'there');
  const alice = await enter({ server: mesh.server('a'), peerId: 'alice' });
  await knows(mesh, 'a', peer.id);
  // What b would say waits at its clock, and is held up when that is moved.
  mesh.link('b').held = [];
  const room = mesh.server('a').sfu.room('room');
  const { id } = await produceData(alice);
  await until(() => room.mesh?.data.sends(id) === true, 'the way to other nodes');
  const [first] = room.localDataPublications;
  clock.advance(2999);
  expect(first?.audience.ready).toBe(false);
  clock.advance(1);
  expect(first?.audience.ready).toBe(true);
  expect(await produceData(alice, { streamId: 2 })).toMatchObject({ ready: false });
  mesh.lose('b');
  const [, second] = room.localDataPublications;
  await until(() => second?.audience.ready === true, 'nobody to wait for');
});
