import { describe, expect, test } from 'bun:test';
import type { ClientError, TureenClient } from '../../client/index.ts';
import { serverActor } from '../../src/core/actors.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { until } from '../support/until.ts';
import { killWorker } from '../support/workers.ts';
import { clientOf, joined, other, stateOf, track, useClients } from './support.ts';
import { TcpRelay } from './tcp-relay.ts';

// What a client does that cannot resume; resume.test.ts has those that can.
const { server, enter } = await useClients({ TUREEN_RESUME_SECONDS: '0' });

/** The states that a client goes through from now on. */
function statesOf(client: TureenClient): string[] {
  const states: string[] = [];
  client.on('state', ({ state }) => states.push(state));
  return states;
}

const serverPeer = (peerId: string) => server.sfu.rooms.get('room')?.peers.get(peerId);

describe('a connection that breaks', () => {
  test('is made again, and everything is sent and received as before', async () => {
    using relay = new TcpRelay(server);
    const [alice, bob] = [await enter('alice', { url: relay.url }), await enter('bob')];
    await alice.setAttributes({ seat: '7' });
    const camera = await alice.publish(track('video'), 'camera');
    const microphone = await alice.publish(track('audio'), 'microphone');
    await microphone.pause();
    await until(() => other(bob).tracks.size === 2, 'both tracks');
    await bob.publish(track('audio'), 'microphone');
    await until(() => other(alice).tracks.size === 1, 'the voice of Bob');
    const states = statesOf(alice);
    const before = camera.producerId;
    relay.breakAll();
    await stateOf(alice, 'reconnecting');
    await stateOf(alice, 'joined');
    expect(states).toEqual(['reconnecting', 'joined']);
    await until(() => bob.peers.get('alice')?.tracks.size === 2, 'both tracks again');
    expect(camera.producerId).not.toBe(before);
    expect(camera.track.readyState).toBe('live');
    expect(other(bob).track('microphone')?.muted).toBe(true);
    expect(other(bob).attributes).toEqual({ seat: '7' });
    await until(() => other(alice).tracks.size === 1, 'the voice of Bob again');
  });

  test('is tried again with growing waits while the server cannot be reached, and given up after a while', async () => {
    using relay = new TcpRelay(server);
    const alice = await enter('alice', { url: relay.url, timing: { reconnectTimeout: 300 } });
    relay.cut();
    expect(await stateOf(alice, 'ended')).toMatchObject({ code: 'unreachable' });
  });

  test('is tried again at once when the network comes back', async () => {
    using relay = new TcpRelay(server);
    const slow = { backoff: { first: 60_000, max: 60_000 }, reconnectTimeout: 200_000 };
    const alice = await enter('alice', { url: relay.url, timing: slow });
    relay.cut();
    await stateOf(alice, 'reconnecting');
    relay.restore();
    globalThis.dispatchEvent(new Event('online'));
    await stateOf(alice, 'joined');
  });

  test('counts as broken when the server does not answer any more', async () => {
    using relay = new TcpRelay(server);
    const alice = await enter('alice', { url: relay.url, timing: { requestTimeout: 5000 } });
    const publication = await alice.publish(track('audio'), 'microphone');
    relay.silence();
    await expect(publication.pause()).rejects.toMatchObject({ code: 'timeout' });
    expect(alice.state).toBe('reconnecting');
    relay.restore();
    await stateOf(alice, 'joined');
    await until(() => publication.producerId !== undefined, 'the microphone');
    expect(publication.paused).toBe(true);
  });

  test('what is published meanwhile is sent once it is back', async () => {
    using relay = new TcpRelay(server);
    const [alice, bob] = [await enter('alice', { url: relay.url }), await enter('bob')];
    relay.cut();
    await stateOf(alice, 'reconnecting');
    const publication = await alice.publish(track('video'), 'camera');
    expect(publication.producerId).toBeUndefined();
    relay.restore();
    await until(() => bob.peers.size === 1 && other(bob).tracks.size === 1, 'the camera');
  });

  test('leaving while it is broken ends the client', async () => {
    using relay = new TcpRelay(server);
    const alice = await enter('alice', { url: relay.url });
    relay.cut();
    await stateOf(alice, 'reconnecting');
    await alice.leave();
    expect(alice.state).toBe('ended');
  });
});

describe('media that is lost', () => {
  test('is built anew on the same socket when the worker dies, and nobody seems to have left', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const camera = await alice.publish(track('video'), 'camera');
    const microphone = await alice.publish(track('audio'), 'microphone', { paused: true });
    await until(() => other(bob).tracks.size === 2, 'both tracks');
    const left: string[] = [];
    for (const client of [alice, bob]) client.on('peerLeft', ({ reason }) => left.push(reason));
    const states = statesOf(alice);
    const seen = other(bob);
    killWorker(server);
    await stateOf(alice, 'rejoining');
    await Promise.all([stateOf(alice, 'joined'), stateOf(bob, 'joined')]);
    await until(() => other(bob).tracks.size === 2, 'both tracks again');
    expect(states).toEqual(['rejoining', 'joined']);
    expect(left).toEqual([]);
    expect(other(bob)).toBe(seen);
    expect(seen.away).toBe(false);
    expect(other(bob).track('microphone')?.muted).toBe(true);
    expect([camera.ended, microphone.ended]).toEqual([false, false]);
    expect(serverPeer('alice')?.transports.size).toBe(2);
  });

  test('is built anew when the room moves to another worker', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    await alice.publish(track('video'), 'camera');
    await until(() => other(bob).tracks.size === 1, 'the camera');
    server.sfu.moveRoom({ roomId: 'room', workerIndex: 0 });
    await stateOf(bob, 'rejoining');
    await until(() => other(bob).tracks.size === 1, 'the camera again');
    await until(() => alice.state === 'joined' && bob.state === 'joined', 'both having joined again');
  });

  test('comes back over a new transport when the server gave one up', async () => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    const camera = await alice.publish(track('video'), 'camera');
    await until(() => other(bob).tracks.size === 1, 'the camera');
    const first = camera.producerId;
    for (const peerId of ['alice', 'bob']) {
      for (const entry of [...(serverPeer(peerId)?.transports.values() ?? [])]) {
        entry.peer.closeTransport(entry, 'ice_failed');
      }
    }
    await until(
      () => camera.producerId !== undefined && camera.producerId !== first && other(bob).tracks.size === 1,
      'the camera over new transports',
    );
    expect([alice.state, bob.state]).toEqual(['joined', 'joined']);
    expect(camera.ended).toBe(false);
  });
});

describe('a server that is about to end', () => {
  test('is left in time for another, and the call goes on', async () => {
    const { random } = Math;
    // The server tells each client a moment of chance until its deadline; here it is an early one.
    Math.random = () => 0.005;
    await using leaving = await startServer();
    Math.random = random;
    const client = await joined({ server: leaving, peerId: 'alice' });
    const bob = await joined({ server: leaving, peerId: 'bob' });
    await client.publish(track('audio'), 'microphone');
    await until(() => other(bob).tracks.size === 1, 'the voice');
    const draining = client.once('draining');
    const states = statesOf(client);
    const drained = leaving.sfu.drain({ milliseconds: 60_000, by: serverActor });
    expect((await draining).deadline).toBeGreaterThan(Date.now());
    await stateOf(client, 'reconnecting');
    await stateOf(client, 'joined');
    expect(states).toEqual(['reconnecting', 'joined']);
    await Promise.all([client.leave(), bob.leave()]);
    await drained;
  });
});

describe('tokens', () => {
  test('a token for another room, or none, is refused with the server’s words', async () => {
    await using closed = await startServer(withKeys);
    const token = await tokenFor('elsewhere', 'alice');
    const wrong = clientOf({ server: closed, peerId: 'alice', token });
    await expect(wrong.join()).rejects.toMatchObject({
      code: 'forbidden',
      message: 'the token is for another room; ask for one for this room',
    });
    const none = clientOf({ server: closed, peerId: 'alice' });
    await expect(none.join()).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('a source of tokens is asked again when its token was refused, and before each reconnect', async () => {
    await using closed = await startServer({ ...withKeys, TUREEN_RESUME_SECONDS: '0' });
    using relay = new TcpRelay(closed);
    const asked: (string | undefined)[] = [];
    const token = async ({ refusal }: { refusal?: string }) => {
      asked.push(refusal);
      return await tokenFor('room', 'alice', { lifetime: asked.length === 1 ? -3600 : 60 });
    };
    const client = await joined({ server: closed, peerId: 'alice', token, url: relay.url });
    expect(asked).toEqual([undefined, 'the token has expired; ask for a new one']);
    relay.breakAll();
    await stateOf(client, 'reconnecting');
    await stateOf(client, 'joined');
    expect(asked).toHaveLength(3);
    await client.leave();
  });

  test('a source of tokens that fails is told at once to who joins', async () => {
    let asked = 0;
    const token = () => {
      asked += 1;
      throw new Error('the application is closed');
    };
    // Longer than the test may take: nothing is tried again.
    const client = clientOf({ server, token, timing: { joinTimeout: 600_000 } });
    const { code, message } = await client.join().then(fail, (error: ClientError) => error);
    expect([code, message]).toEqual([
      'token_failed',
      'the application gave no token: the application is closed',
    ]);
    expect([asked, client.state]).toEqual([1, 'ended']);
  });

  test('a source of tokens that fails during a call is asked again, since it may be as unreachable as the server', async () => {
    await using closed = await startServer({ ...withKeys, TUREEN_RESUME_SECONDS: '0' });
    using relay = new TcpRelay(closed);
    let asked = 0;
    const token = async () => {
      asked += 1;
      if (asked === 2 || asked === 3) throw new Error('no network');
      return await tokenFor('room', 'alice');
    };
    const client = await joined({ server: closed, peerId: 'alice', token, url: relay.url });
    relay.breakAll();
    await stateOf(client, 'reconnecting');
    await stateOf(client, 'joined');
    expect(asked).toBe(4);
    await client.leave();
  });

  test('the name that a token sets is the name that the client shows', async () => {
    await using closed = await startServer(withKeys);
    const token = await tokenFor('room', 'alice', { name: 'Alice  of the token' });
    const client = await joined({ server: closed, peerId: 'alice', displayName: 'Ann', token });
    expect(client.displayName).toBe('Alice of the token');
    expect(client.displayName).toBe(closed.sfu.peer('room', 'alice').displayName);
    await client.leave();
    const named = await joined({ server, displayName: 'Ann' });
    expect(named.displayName).toBe('Ann');
    await named.leave();
  });
});

const fail = () => {
  throw new Error('the join succeeded');
};
