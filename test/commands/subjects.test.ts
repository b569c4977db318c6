import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { Commands } from '../../src/commands/commands.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { audioTrack, createWorld, enter, videoTrack } from '../support/world.ts';
import { call, open, sessionPath } from '../whip/whip-client.ts';

setDefaultTimeout(60_000);

const by = { kind: 'admin', id: 'root' } as const;
const asker = { by, address: '192.0.2.9', reason: 'rude' };
const ban = { scope: 'room', kinds: ['identity'], milliseconds: null } as const;
const commandsOf = ({ sfu, store }: Server) => new Commands(sfu, store);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A server with a camera, and bob, who is in the call and plays it by WHEP with the same token. */
async function bobTwice() {
  const server = await startServer(withKeys);
  await open(server, '/whip/room', { headers: bearer(await tokenFor('room', 'camera')) });
  const token = await tokenFor('room', 'bob');
  const bob = await enter({ server, peerId: 'bob', token });
  const played = await open(server, '/whep/room', { offer: 'chromium-player', headers: bearer(token) });
  expect(played.status).toBe(201);
  const viewer = server.sfu.read.peerIds('room').find((id) => id.startsWith('whep-')) ?? '';
  expect(viewer).not.toBe('');
  return { server, token, bob: bob.client, viewer, path: sessionPath(played) };
}

async function comesBack(server: Server, token: string): Promise<string> {
  const client = await SignalingClient.connect({ server, roomId: 'room', peerId: 'bob', token });
  const refused = client.closed.then(({ reason }) => reason.split(':')[0] ?? '');
  const entered = client.request('getRouterRtpCapabilities', {}).then(
    () => 'in',
    () => refused,
  );
  return await Promise.race([entered, refused]);
}

for (const order of [undefined, ban]) {
  const what = order ? 'a ban' : 'a removal';

  test(`${what} of a peer in a call ends what its subject plays by WHEP`, async () => {
    const { server, token, bob, path } = await bobTwice();
    const { remains } = await commandsOf(server).removePeer(
      { roomId: 'room', peerId: 'bob', ...asker },
      order,
    );
    expect(remains).toEqual([]);
    expect((await bob.closed).reason).toStartWith('removed:');
    expect(server.sfu.read.peerIds('room')).toEqual(['camera']);
    expect((await call(server, path, { method: 'PATCH', headers: bearer(token) })).status).toBe(404);
    const again = await open(server, '/whep/room', { offer: 'chromium-player', headers: bearer(token) });
    expect(again.status).toBe(403);
    await server.stop();
  });

  test(`${what} of a player by WHEP ends the call of its subject, and its token does not come back`, async () => {
    const { server, token, bob, viewer } = await bobTwice();
    await commandsOf(server).removePeer({ roomId: 'room', peerId: viewer, ...asker }, order);
    expect((await bob.closed).reason).toStartWith('removed:');
    expect(server.sfu.read.peerIds('room')).toEqual(['camera']);
    expect(await comesBack(server, token)).toBe(order ? 'banned' : 'removed');
    await server.stop();
  });
}

test('a mute holds for what its subject makes again, for a second microphone, and after it comes back', async () => {
  await using server = await startServer(withKeys);
  const token = await tokenFor('room', 'bob');
  const first = await enter({ server, peerId: 'bob', token });
  const { id: producerId } = await first.client.request('produce', audioTrack(first.sendTransport, 1000));
  await commandsOf(server).muteProducer({ roomId: 'room', peerId: 'bob', producerId, ...asker });
  await first.client.request('closeProducer', { producerId });
  const heldAfter = async ({ client, sendTransport }: typeof first, ssrc: number) => {
    const { id } = await client.request('produce', audioTrack(sendTransport, ssrc));
    const told = await client.waitFor('producerPaused', (data) => data.producerId === id);
    expect(told.reason).toBe('admin');
    await expect(client.request('resumeProducer', { producerId: id })).rejects.toThrow('forbidden');
    return server.sfu.read.producer('room', id).pausedBy;
  };
  expect(await heldAfter(first, 1001)).toEqual(['peer', 'moderator']);
  expect(await heldAfter(first, 1002)).toEqual(['peer', 'moderator']);
  await first.client.close();
  const second = await enter({ server, peerId: 'bob', token });
  expect(await heldAfter(second, 1003)).toEqual(['peer', 'moderator']);
  // Another source is free, and a microphone that is called a screen is not.
  const camera = await second.client.request('produce', videoTrack(second.sendTransport, 2000));
  expect(server.sfu.read.producer('room', camera.id).pausedBy).toEqual([]);
  const disguised = { ...audioTrack(second.sendTransport, 1004), appData: { source: 'screen' } };
  const { id } = await second.client.request('produce', disguised);
  expect(server.sfu.read.producer('room', id).pausedBy).toEqual(['peer', 'moderator']);
  // Allowed again, it may resume by itself.
  await commandsOf(server).allowAll({ roomId: 'room', peerId: 'bob', ...asker });
  await second.client.request('resumeProducer', { producerId: id });
  expect(server.sfu.read.producer('room', id).pausedBy).toEqual([]);
});

test('what a peer may not publish any more it may not after coming back either, nor by WHIP', async () => {
  await using server = await startServer(withKeys);
  const token = await tokenFor('room', 'bob');
  const bob = await enter({ server, peerId: 'bob', token });
  await commandsOf(server).setPublish({ roomId: 'room', peerId: 'bob', publish: false, ...asker });
  await bob.client.close();
  const again = await enter({ server, peerId: 'bob', token });
  const produce = again.client.request('produce', audioTrack(again.sendTransport, 1000));
  await expect(produce).rejects.toThrow('forbidden');
  await again.client.close();
  const byWhip = await open(server, '/whip/room', { headers: bearer(token) });
  expect(byWhip.status).toBe(403);
  const third = await enter({ server, peerId: 'bob', token });
  await commandsOf(server).setPublish({ roomId: 'room', peerId: 'bob', publish: true, ...asker });
  await third.client.request('produce', audioTrack(third.sendTransport, 1000));
});

test('a mute that comes while a producer is being made holds it', async () => {
  await using world = await createWorld();
  const { server, bob } = world;
  const commands = commandsOf(server);
  const { transports } = server.sfu.read.peer('room', 'bob');
  const making = bob.request(
    'produce',
    audioTrack(transports.find(({ producing }) => producing)?.id ?? '', 5005),
  );
  const muted = commands.muteAll({ roomId: 'room', peerId: 'bob', source: 'audio', ...asker });
  await Promise.all([making, muted]);
  const producers = server.sfu.read
    .producers('room')
    .filter((one) => one.peerId === 'bob' && one.source === 'audio');
  expect(producers.every(({ pausedBy }) => pausedBy.includes('moderator'))).toBe(true);
});

test('a program that publishes under the id of a person in the room is refused, and the call goes on', async () => {
  await using server = await startServer(withKeys);
  const host = await enter({ server, peerId: 'host', token: await tokenFor('room', 'host') });
  const key = server.store.apiKeys.create('studio', 'admin');
  const taken = await open(server, '/whip/room?peerId=host', { headers: bearer(key) });
  expect(taken.status).toBe(409);
  expect(await taken.json()).toMatchObject({ code: 'wrong_state' });
  expect(await host.client.request('getRouterRtpCapabilities', {})).toBeDefined();
  const first = await open(server, '/whip/room?peerId=camera', { headers: bearer(key) });
  expect(first.status).toBe(201);
  // Its own it may replace, as an encoder that starts again does.
  expect((await open(server, '/whip/room?peerId=camera', { headers: bearer(key) })).status).toBe(201);
});

test('a token that says it was issued in the future is refused', async () => {
  await using server = await startServer(withKeys);
  const token = await tokenFor('room', 'bob', { now: Date.now() + 3600_000 });
  expect(await comesBack(server, token)).toBe('unauthorized');
});
