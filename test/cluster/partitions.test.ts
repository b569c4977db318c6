import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { CabledMesh } from '../support/cabled-mesh.ts';
import { mayMakeNetworks } from '../support/network.ts';
import { ScriptedReceiver, ScriptedSender } from '../support/rtp-scripts.ts';
import { tokenFor } from '../support/server.ts';
import { type Refused, SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';

setDefaultTimeout(180_000);

/** Longer than it takes to give up a node of which nothing comes, on no way. */
const longAge = 12_000;

const came = (client: SignalingClient, peerId: string) =>
  client.waitFor('newPeer', (data) => data.peerId === peerId);
const left = (client: SignalingClient, peerId: string) =>
  client.waitFor('peerClosed', (data) => data.peerId === peerId);
/** Who left, as a client was told. */
const gone = (client: SignalingClient) =>
  client.events.filter(({ method }) => ['peerClosed', 'rejoin'].includes(method));

// Without root there are no networks of our own.
describe.if(mayMakeNetworks)('a mesh whose cables are cut', () => {
  let mesh: CabledMesh;
  const ends = new DisposableStack();

  beforeAll(async () => {
    mesh = await CabledMesh.start(['a', 'b', 'c']);
  });
  afterAll(async () => {
    ends.dispose();
    await mesh?.[Symbol.asyncDispose]();
  });

  const at = (name: string, roomId: string, peerId: string) => ({
    ...{ roomId, peerId },
    call: mesh.script(name),
  });

  /** Somebody who sends, at one node. */
  const send = async (name: string, roomId: string, kind: 'audio' | 'video') =>
    ends.use(await ScriptedSender.open(at(name, roomId, `sender at ${name}`), kind));
  /** Somebody who receives that, at another one. */
  const receive = async (name: string, roomId: string, { producerId }: ScriptedSender) => {
    const address = mesh.networks.clients(name);
    return ends.use(
      await ScriptedReceiver.open(at(name, roomId, `receiver at ${name}`), { producerId, address }),
    );
  };

  /** What a node says of another one. */
  async function sees(name: string, other: string) {
    const { data } = await mesh.script(name)('GET', '/api/v1/nodes');
    return (data.items as { name: string; stale: boolean; age: number }[]).find(
      (node) => node.name === other,
    );
  }

  const hasNotHeard = (name: string, other: string) =>
    eventually(
      `a node ${name} that hears nothing of ${other}`,
      () => sees(name, other),
      (seen) => seen === undefined || seen.age > longAge,
    );

  let bob: SignalingClient;
  let sender: ScriptedSender;

  test('the media of a node is cut off: it is tried again, then unreachable, and calls go on', async () => {
    const alice = await mesh.join('a', 'alice', { roomId: 'media' });
    bob = await mesh.join('b', 'bob', { roomId: 'media' });
    sender = await send('a', 'media', 'audio');
    const offered = await bob.waitFor('newConsumer');
    const receiver = await receive('b', 'media', sender);
    await receiver.hears();
    mesh.networks.cut('a', 'media');
    await bob.waitFor('consumerClosed', ({ consumerId }) => consumerId === offered.id);
    await until(
      async () => (await mesh.metric('b', 'tureen_pipe_tracks_unreachable_total')) > 0,
      'a track that is unreachable',
      60_000,
    );
    const carol = await mesh.join('c', 'carol', { roomId: 'media' });
    await Promise.all([came(alice, 'carol'), came(bob, 'carol')]);
    await carol.close();
    await Promise.all([left(alice, 'carol'), left(bob, 'carol')]);
    expect([...gone(alice), ...gone(bob)].map(({ data }) => data.peerId)).toEqual(['carol', 'carol']);
    mesh.networks.mend('a', 'media');
  });

  test('a node is cut off from the bus with its media whole: calls go on, nobody is dropped, and all is one again', async () => {
    const roomId = 'bus';
    const alice = await mesh.join('a', 'alice', { roomId });
    const carol = await mesh.join('c', 'carol', { roomId });
    // What comes from c over media is the report on what it receives from a, and nothing else.
    const receiver = await receive('c', roomId, await send('a', roomId, 'audio'));
    await receiver.hears();
    await came(alice, 'receiver at c');
    mesh.networks.cut('c', 'bus');
    await Promise.all([hasNotHeard('a', 'c'), hasNotHeard('c', 'a')]);
    expect(await sees('a', 'c')).toMatchObject({ stale: true });
    expect(await sees('c', 'a')).toMatchObject({ stale: true });
    await receiver.hears();
    expect([...gone(alice), ...gone(carol)]).toEqual([]);
    const anna = await mesh.join('a', 'anna', { roomId });
    const cecil = await mesh.join('c', 'cecil', { roomId });
    await Promise.all([came(alice, 'anna'), came(carol, 'cecil')]);
    mesh.networks.mend('c', 'bus');
    await Promise.all([
      ...[alice, anna].map((client) => came(client, 'cecil')),
      ...[carol, cecil].map((client) => came(client, 'anna')),
    ]);
    await receiver.hears();
    expect([...gone(alice), ...gone(carol)]).toEqual([]);
    for (const client of [alice, carol, anna, cecil]) await client.close();
  });

  test('a node is cut off from everything: its peers leave, and a removal there is unconfirmed, and holds when it is back', async () => {
    const roomId = 'all';
    const moderator = await tokenFor(roomId, 'alice', { grants: { moderate: true } });
    const alice = await mesh.join('a', 'alice', { roomId, token: moderator });
    const token = await tokenFor(roomId, 'mallory');
    const mallory = await mesh.join('c', 'mallory', { roomId, token });
    const carol = await mesh.join('c', 'carol', { roomId });
    await Promise.all([came(alice, 'mallory'), came(alice, 'carol')]);
    mesh.networks.cut('c', 'bus', 'media');
    const failure = await alice
      .request('removePeer', { peerId: 'mallory' })
      .then(String, (error: Refused) => error.errorReason);
    expect(failure).toStartWith('unconfirmed: node "c" did not answer');
    const ends = await Promise.all([left(alice, 'mallory'), left(alice, 'carol')]);
    expect(ends.map(({ reason }) => reason)).toEqual(['node_lost', 'node_lost']);
    // It is in a call of its own there, and comes in nowhere else.
    expect(mallory.socket.readyState).toBe(WebSocket.OPEN);
    const elsewhere = await SignalingClient.connect({
      ...{ server: mesh.node('b'), host: mesh.networks.front('b'), roomId, peerId: 'mallory' },
      token,
    });
    expect((await elsewhere.closed).reason).toStartWith('removed');
    mesh.networks.mend('c', 'bus', 'media');
    expect((await mallory.closed).reason).toStartWith('removed');
    await until(
      () =>
        alice.events.filter(({ method, data }) => method === 'newPeer' && data.peerId === 'carol').length ===
        2,
      'carol again',
    );
    expect(carol.socket.readyState).toBe(WebSocket.OPEN);
    for (const client of [alice, carol]) await client.close();
  });

  test('media that was unreachable comes again after its network was mended, and nobody does anything', async () => {
    const count = (event: string) => bob.events.filter(({ method }) => method === event).length;
    // It was offered again each time that the pipe was built, and is now offered once more.
    await until(() => count('newConsumer') > count('consumerClosed'), 'the track again', 120_000);
    const receiver = await receive('b', 'media', sender);
    await receiver.hears();
  });
});
