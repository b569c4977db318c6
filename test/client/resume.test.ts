import { describe, expect, test } from 'bun:test';
import type { TureenClient } from '../../client/index.ts';
import { serverActor } from '../../src/core/actors.ts';
import { sentLogLimits } from '../../src/signaling/sent-log.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { other, stateOf, track, useClients } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

const { server, enter } = await useClients({ TUREEN_MESSAGES_PER_SECOND: '100000' });

const serverPeer = (peerId: string) => server.sfu.rooms.get('room')?.peers.get(peerId);

/** The states that a client goes through from now on. */
function statesOf(client: TureenClient): string[] {
  const states: string[] = [];
  client.on('state', ({ state }) => states.push(state));
  return states;
}

/** What a client is told of the others from now on. */
function newsOf(client: TureenClient): string[] {
  const news: string[] = [];
  client.on('peerLeft', ({ reason }) => news.push(`left: ${reason}`));
  client.on('peerChanged', ({ away }) => news.push(away ? 'away' : 'changed'));
  client.on('trackRemoved', ({ reason }) => news.push(`lost: ${reason}`));
  return news;
}

/** Alice behind a network of her own, and Bob, who see each other. */
async function twoPeers(relay: TcpRelay) {
  const [alice, bob] = [await enter('alice', { url: relay.url }), await enter('bob')];
  const camera = await alice.publish(track('video'), 'camera');
  await bob.publish(track('audio'), 'microphone');
  await until(() => other(alice).tracks.size === 1 && other(bob).tracks.size === 1, 'both tracks');
  return { alice, bob, camera };
}

/** Tells everyone something that is told by itself, and not in a batch with what comes after it. */
const tell = (message: string) => server.sfu.notice({ roomId: 'room', message, by: serverActor });

/** Until the server knows that the socket of alice is gone. */
const noticed = () => until(() => serverPeer('alice')?.absence !== undefined, 'the server to notice');

describe('a socket that is cut', () => {
  test('is followed by another, and all media stays as it is', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob, camera } = await twoPeers(relay);
    const [states, news] = [statesOf(alice), newsOf(bob)];
    const before = { producer: camera.producerId, session: serverPeer('alice')?.sessionId };
    const [voice] = other(alice).tracks;
    relay.breakAll();
    await stateOf(alice, 'resuming');
    await stateOf(alice, 'joined');
    expect(states).toEqual(['resuming', 'joined']);
    expect({ producer: camera.producerId, session: serverPeer('alice')?.sessionId }).toEqual(before);
    expect([...other(alice).tracks]).toEqual(voice ? [voice] : []);
    expect(voice?.mediaTrack.readyState).toBe('live');
    expect(news).toEqual([]);
  });

  test('loses nothing of what others did meanwhile', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob } = await twoPeers(relay);
    relay.cut();
    await noticed();
    await bob.publish(track('video'), 'camera');
    await bob.setDisplayName('Robert');
    await bob.raiseHand();
    const pausing = bob.publication('microphone')?.pause();
    await pausing;
    relay.restore();
    alice.reconnectNow();
    await until(() => other(alice).tracks.size === 2, 'the camera of Bob');
    expect(other(alice)).toMatchObject({ displayName: 'Robert' });
    expect(other(alice).handRaisedAt).toBeNumber();
    expect(other(alice).track('microphone')?.muted).toBe(true);
  });

  test('loses nothing of what was asked meanwhile', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob, camera } = await twoPeers(relay);
    relay.cut();
    await stateOf(alice, 'resuming');
    const asked = [camera.pause(), alice.raiseHand(), alice.publish(track('audio'), 'microphone')];
    relay.restore();
    await Promise.all(asked);
    await until(() => other(bob).tracks.size === 2, 'the microphone of Alice');
    expect(other(bob).track('camera')?.muted).toBe(true);
    expect(other(bob).handRaisedAt).toBeNumber();
  });

  test('loses and doubles nothing, however often it is cut', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob } = await twoPeers(relay);
    const [seen, heard, done]: [string[], string[], string[]] = [[], [], []];
    bob.on('notice', ({ message }) => seen.push(message));
    alice.on('notice', ({ message }) => heard.push(message));
    const stop = server.sfu.events.on('peerRenamed', ({ displayName }) => done.push(displayName));
    const names = Array.from({ length: 300 }, (_, index) => `name ${index}`);
    const asked: Promise<void>[] = [];
    for (const [index, name] of names.entries()) {
      asked.push(alice.setDisplayName(name));
      tell(name);
      if (index % 60 !== 30) continue;
      relay.breakAll();
      await stateOf(alice, 'resuming');
    }
    await Promise.all(asked);
    await until(() => heard.length === names.length && seen.length === names.length, 'all notices');
    stop();
    expect([seen, heard, done]).toEqual([names, names, names]);
    expect(alice.state).toBe('joined');
  });

  test('is given up when the server does not answer, and nothing is lost', async () => {
    using relay = new TcpRelay(server);
    const timing = { requestTimeout: 300, connectTimeout: 300 };
    const alice = await enter('alice', { url: relay.url, timing });
    const publication = await alice.publish(track('audio'), 'microphone');
    relay.silence();
    const pausing = publication.pause();
    await stateOf(alice, 'resuming');
    relay.restore();
    await pausing;
    await stateOf(alice, 'joined');
    expect(serverPeer('alice')?.publications.get(publication.producerId ?? '')?.info.pausedBy.size).toBe(1);
  });

  test('is followed when the network changes, though nobody was told that it is cut', async () => {
    using relay = new TcpRelay(server);
    const { alice } = await twoPeers(relay);
    relay.silence();
    globalThis.dispatchEvent(new Event('online'));
    await stateOf(alice, 'resuming');
    relay.restore();
    await stateOf(alice, 'joined');
  });

  test('is followed, and its media built again, when the worker died meanwhile', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob } = await twoPeers(relay);
    relay.cut();
    await noticed();
    killWorker(server);
    await stateOf(bob, 'rejoining');
    relay.restore();
    await until(() => alice.state === 'joined' && bob.state === 'joined', 'both having joined again');
    await until(() => other(bob).tracks.size === 1 && other(alice).tracks.size === 1, 'both tracks again');
  });

  test('is followed by a rejoin on the next one when more was missed than the server keeps', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob } = await twoPeers(relay);
    const states = statesOf(alice);
    relay.cut();
    await noticed();
    for (let index = 0; index < sentLogLimits.count + 10; index += 1) tell(`notice ${index}`);
    await bob.setDisplayName('Robert');
    relay.restore();
    await stateOf(alice, 'rejoining');
    await stateOf(alice, 'joined');
    expect(states).toEqual(['resuming', 'joined', 'rejoining', 'joined']);
    await until(() => other(bob).tracks.size === 1 && other(alice).tracks.size === 1, 'both tracks again');
    expect(other(alice).displayName).toBe('Robert');
    relay.breakAll();
    await stateOf(alice, 'resuming');
    await stateOf(alice, 'joined');
  });
});

describe('who comes back too late or in vain', () => {
  test('joins again as before', async () => {
    using relay = new TcpRelay(server);
    const { alice, bob, camera } = await twoPeers(relay);
    const former = camera.producerId;
    relay.cut();
    await noticed();
    const room = server.sfu.room('room');
    const peer = serverPeer('alice');
    if (peer) room.removePeer(peer, 'disconnected', { detail: 'it was not back in time' });
    relay.restore();
    await stateOf(alice, 'reconnecting');
    await stateOf(alice, 'joined');
    await until(() => camera.producerId !== undefined && camera.producerId !== former, 'the camera again');
    await until(() => bob.peers.size === 1 && other(bob).tracks.size === 1, 'Bob to see it');
  });

  test('learns that a moderator removed it', async () => {
    using relay = new TcpRelay(server);
    const { alice } = await twoPeers(relay);
    relay.cut();
    await noticed();
    const removed = { roomId: 'room', peerId: 'alice', by: serverActor, reason: 'enough' };
    await server.sfu.removePeer(removed);
    relay.restore();
    expect(await stateOf(alice, 'ended')).toMatchObject({ code: 'removed', message: 'enough' });
  });

  test('ends when it leaves meanwhile', async () => {
    using relay = new TcpRelay(server);
    const { alice } = await twoPeers(relay);
    relay.cut();
    await stateOf(alice, 'resuming');
    await alice.leave();
    expect(alice.state).toBe('ended');
  });
});

test('others see after some seconds that a peer is away, and that it is back', async () => {
  using relay = new TcpRelay(server);
  const { alice, bob } = await twoPeers(relay);
  relay.cut();
  await until(() => other(bob).away, 'Alice to be away');
  expect(other(bob).tracks.size).toBe(1);
  relay.restore();
  alice.reconnectNow();
  await until(() => !other(bob).away, 'Alice to be back');
});
