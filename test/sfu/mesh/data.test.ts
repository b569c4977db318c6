import { expect, setDefaultTimeout, test } from 'bun:test';
import type { types } from 'mediasoup';
import { maxWaitingBytes } from '../../../src/sfu/media/outgoing-data.ts';
import type { LocalDataPublication } from '../../../src/sfu/rooms/peer.ts';
import { publishData } from '../../../src/sfu/rooms/publishing-data.ts';
import { TestMesh } from '../../support/mesh.ts';
import { enterRoom } from '../../support/rtp-peers.ts';
import { until } from '../../support/until.ts';
import { killWorker } from '../../support/workers.ts';
import { enter } from '../../support/world.ts';

setDefaultTimeout(60_000);

type Message = readonly [bytes: string, ppid: number];

/** A data channel of a peer on node a, as if its client had opened it. */
async function channel(mesh: TestMesh, reliability: Partial<types.SctpStreamParameters> = {}) {
  await enter({ server: mesh.server('a'), peerId: 'alice', join: { autoSubscribe: false } });
  const { sfu } = mesh.server('a');
  const peer = sfu.peer('room', 'alice');
  const transportId = [...peer.transports.keys()][0] ?? '';
  return await publishData(sfu.room('room'), peer, {
    ...{ transportId, label: 'chat', protocol: '', appData: {} },
    sctpStreamParameters: { streamId: 1, ordered: true, ...reliability },
  });
}

/** Takes what comes on a channel on node b, in its order. */
async function listen(mesh: TestMesh, { info }: LocalDataPublication): Promise<Message[]> {
  const { room } = await enterRoom(mesh.server('b'), `listener ${crypto.randomUUID()}`);
  const find = () => room.dataPublications.find(({ info: { id } }) => id === info.id);
  await until(() => find() !== undefined, 'the channel');
  const home = await room.routers.place();
  const dataProducerId = (await find()?.handle.bring(home)) ?? '';
  const transport = await home.router.createDirectTransport();
  const consumer = await transport.consumeData({ dataProducerId });
  const messages: Message[] = [];
  consumer.on('message', (bytes, ppid) => void messages.push([bytes.toString('latin1'), ppid]));
  return messages;
}

/** Waits until messages of the channel cross to the other node. */
async function crosses(mesh: TestMesh, { dataProducer }: LocalDataPublication): Promise<void> {
  const { mesh: own } = mesh.server('a').sfu.room('room');
  await until(() => own?.data.sends(dataProducer.id) === true, 'the way to other nodes');
}

test('messages cross in their order, with what they are: texts, bytes and empty ones', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh);
  const messages = await listen(mesh, publication);
  await crosses(mesh, publication);
  const { dataProducer } = publication;
  dataProducer.send('hello');
  dataProducer.send('');
  dataProducer.send(Buffer.from([0, 1, 255]));
  dataProducer.send(Buffer.alloc(0));
  for (let number = 0; number < 500; number += 1) dataProducer.send(String(number));
  await until(() => messages.length === 504, 'all messages');
  expect(messages.slice(0, 4)).toEqual([
    ['hello', 51],
    // An empty message is sent as one byte that its kind declares void (RFC 8831, section 6.6).
    [' ', 56],
    ['\x00\x01\xff', 53],
    ['\x00', 57],
  ]);
  expect(messages.slice(4).map(([text]) => Number(text))).toEqual(
    Array.from({ length: 500 }, (_, index) => index),
  );
});

test('a channel is offered to peers on other nodes, and its end is told', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh);
  const bob = await enter({ server: mesh.server('b'), peerId: 'bob' });
  const offered = await bob.client.waitFor('newDataConsumer');
  expect(offered).toMatchObject({ peerId: 'alice', label: 'chat', dataProducerId: publication.info.id });
  publication.dataProducer.close();
  expect(await bob.client.waitFor('dataConsumerClosed')).toEqual({
    dataConsumerId: offered.id,
    reason: 'producer_closed',
  });
});

test('a node without others in the room sends nothing, and starts when somebody comes', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh);
  const { data } = mesh.server('a').sfu.room('room').mesh ?? {};
  expect(data?.sends(publication.info.id)).toBeFalse();
  const messages = await listen(mesh, publication);
  await crosses(mesh, publication);
  publication.dataProducer.send('now');
  await until(() => messages.length === 1, 'the message');
  mesh.lose('b');
  expect(data?.sends(publication.info.id)).toBeFalse();
});

test('a reliable channel that sends more than other nodes can be told ends, and says why', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh);
  const ends: string[] = [];
  mesh.server('a').sfu.events.on('dataProducerClosed', ({ reason }) => void ends.push(reason));
  await listen(mesh, publication);
  await crosses(mesh, publication);
  mesh.link('a').held = [];
  const message = Buffer.alloc(64 * 1024);
  const fits = maxWaitingBytes / message.length;
  for (let sent = 0; sent < fits; sent += 1) publication.dataProducer.send(message);
  await until(() => mesh.link('a').held?.length === fits, 'all that fits');
  expect(ends).toEqual([]);
  for (let more = 0; more < 3; more += 1) publication.dataProducer.send('x');
  await until(() => ends.length > 0, 'the end');
  expect(ends).toEqual(['overloaded']);
  expect(mesh.server('a').sfu.mesh.counts).toMatchObject({ dataClosed: 1, dataDropped: 0 });
});

test('a channel that may lose messages loses those, and goes on', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh, { ordered: false, maxRetransmits: 0 });
  const messages = await listen(mesh, publication);
  await crosses(mesh, publication);
  const { counts } = mesh.server('a').sfu.mesh;
  mesh.link('a').held = [];
  for (let sent = 0; sent < 20; sent += 1) publication.dataProducer.send(Buffer.alloc(64 * 1024, sent));
  await until(() => counts.dataDropped === 4, 'the loss');
  mesh.link('a').release();
  await until(() => messages.length === 16, 'those that fitted');
  publication.dataProducer.send('after');
  await until(() => messages.at(-1)?.[0] === 'after', 'what comes later');
  expect(publication.handle.closed).toBeFalse();
});

test('when the worker of a receiving node dies, its peers get the channel again', async () => {
  await using mesh = await TestMesh.of(['a', 'b']);
  const publication = await channel(mesh);
  await listen(mesh, publication);
  await crosses(mesh, publication);
  killWorker(mesh.server('b'));
  const { sfu } = mesh.server('b');
  await until(() => sfu.room('room').routers.home === undefined, 'the loss of the router');
  const messages = await listen(mesh, publication);
  publication.dataProducer.send('again');
  await until(() => messages.length === 1, 'the message');
});
