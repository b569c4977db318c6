import { describe, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { serverActor } from '../../src/core/actors.ts';
import { sentLogLimits } from '../../src/signaling/sent-log.ts';
import { TestClock } from '../support/clock.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, type Member, videoTrack } from '../support/world.ts';

const resumable = '/signaling?resume=1&';

/** Who can resume, with the first ticket. */
async function enterResumable(server: Server, peerId: string, token?: string) {
  const member = await enter({ server, peerId, token, path: resumable });
  const { ticket, seconds } = await member.client.waitFor('resumeTicket');
  return { ...member, ticket: String(ticket), seconds };
}

/** The frames that count. */
const received = ({ frames }: SignalingClient) =>
  frames.all.filter(({ method }) => method !== 'resumed').length;

interface Return {
  peerId?: string;
  ticket: string;
  count: number | string;
}

/** A socket that shows a ticket. */
async function show(server: Server, { peerId = 'alice', ticket, count }: Return) {
  return await SignalingClient.connect({ server, peerId, ticket, path: `${resumable}received=${count}&` });
}

/** Comes back with a ticket, and says that the next one came. */
async function comeBack(server: Server, options: Return) {
  const client = await show(server, options);
  const resumed = await client.waitFor('resumed');
  await client.request('received', { count: Number(options.count) });
  return { client, resumed, ticket: String(resumed.ticket) };
}

const peerOf = (server: Server, peerId = 'alice') => server.sfu.room('room').peers.get(peerId);

/** Waits until the server has noticed that the socket is gone. */
async function whenAway(server: Server, peerId = 'alice'): Promise<void> {
  await until(() => peerOf(server, peerId)?.absence !== undefined, 'the server to notice');
}

async function cut(server: Server, { client }: Member): Promise<number> {
  await client.cut();
  await whenAway(server);
  return received(client);
}

function resumeResults(server: Server): string[] {
  const results: string[] = [];
  server.signaling.events.on('resumed', ({ missed }) => void results.push(missed ? 'missed' : 'resumed'));
  server.signaling.events.on('resumeRefused', ({ reason }) => void results.push(reason));
  server.signaling.events.on('resumeExpired', () => void results.push('expired'));
  return results;
}

describe('a client whose socket is cut', () => {
  test('comes back to the same media, and is told in order what it missed', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    expect(alice.seconds).toBe(20);
    const { id: voice } = await alice.client.request('produce', audioTrack(alice.sendTransport, 1));
    await bob.client.waitFor('newConsumer');
    const before = peerOf(server);
    const count = await cut(server, alice);
    const { id: picture } = await bob.client.request('produce', videoTrack(bob.sendTransport, 10));
    await until(() => before?.subscriptions.size === 1, 'the offer');
    await bob.client.request('raiseHand', {});
    await bob.client.request('changeDisplayName', { displayName: 'Robert' });
    const { client, resumed } = await comeBack(server, { ticket: alice.ticket, count });
    expect(resumed).toMatchObject({ missed: false, seconds: 20 });
    const methods = client.events.map(({ method }) => method);
    expect(methods.slice(0, 4)).toEqual(['resumed', 'newConsumer', 'peerHand', 'peerDisplayNameChanged']);
    expect(client.named('newConsumer')).toMatchObject([{ producerId: picture }]);
    const after = peerOf(server);
    expect(after).toBe(before);
    expect([...(after?.publications.keys() ?? [])]).toEqual([voice]);
    // The offer that was open is answered over the new socket, and its consumer starts.
    await until(
      () => [...(after?.subscriptions.values() ?? [])].every(({ consumer }) => !consumer.paused),
      'the consumer to start',
    );
    expect(bob.client.named('peerClosed')).toEqual([]);
    expect(bob.client.named('peerAway')).toEqual([]);
  });

  test('gets the reply of a request that the server had handled', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = received(alice.client);
    await alice.client.request('raiseHand', {});
    await alice.client.cut();
    await whenAway(server);
    const { client } = await comeBack(server, { ticket: alice.ticket, count });
    const replies = client.frames.all.filter(({ response }) => response);
    expect(replies.map(({ ok }) => ok)).toEqual([true, true]);
  });

  test('learns how many of its frames have come', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    for (let sent = 0; sent < 5; sent += 1) await alice.client.request('getRouterRtpCapabilities', {});
    const answered = alice.client.frames.all.filter(({ response }) => response).length;
    const count = await cut(server, alice);
    const { resumed } = await comeBack(server, { ticket: alice.ticket, count });
    expect(resumed.received).toBe(answered);
  });

  test('is away to the others after three seconds, and back when it is; older applications see nothing of it', async () => {
    const clock = new TestClock();
    await using server = await startServer({}, { clock });
    const bob = await enter({ server, peerId: 'bob' });
    const old = await enter({ server, peerId: 'old', native: false });
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    clock.advance(2900);
    expect(server.sfu.read.peer('room', 'alice').awaySince).toBeNumber();
    await bob.client.request('getRouterRtpCapabilities', {});
    expect(bob.client.named('peerAway')).toEqual([]);
    clock.advance(200);
    expect(await bob.client.waitFor('peerAway')).toEqual({ peerId: 'alice', away: true });
    const carol = await SignalingClient.connect({ server, peerId: 'carol' });
    const { peers } = await carol.request('join', {});
    expect(peers.find(({ id }) => id === 'alice')?.away).toBe(true);
    await comeBack(server, { ticket: alice.ticket, count });
    expect(await bob.client.waitFor('peerAway', ({ away }) => away === false)).toBeDefined();
    expect(server.sfu.read.peer('room', 'alice').awaySince).toBeNull();
    await old.client.request('getRouterRtpCapabilities', {});
    expect(old.client.named('peerAway')).toEqual([]);
  });

  test('ends when it is not back in time, and its ticket with it', async () => {
    const clock = new TestClock();
    await using server = await startServer({ TUREEN_RESUME_SECONDS: '5' }, { clock });
    const results = resumeResults(server);
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    clock.advance(4999);
    expect(peerOf(server)).toBeDefined();
    clock.advance(1);
    expect(await bob.client.waitFor('peerLeft')).toEqual({ peerId: 'alice', reason: 'disconnected' });
    const late = await show(server, { ticket: alice.ticket, count });
    expect(await late.closed).toMatchObject({ code: 4000, reason: expect.stringMatching(/^disconnected: /) });
    expect(results).toEqual(['expired', 'ended']);
  });

  test('joins again on the new socket when it missed more than is kept', async () => {
    await using server = await startServer({ TUREEN_MESSAGES_PER_SECOND: '100000' });
    const results = resumeResults(server);
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    for (let sent = 0; sent <= sentLogLimits.count; sent += 64) {
      const renames = Array.from({ length: 64 }, (_, index) =>
        bob.client.request('changeDisplayName', { displayName: `Bob ${sent + index}` }),
      );
      await Promise.all(renames);
    }
    const client = await show(server, { ticket: alice.ticket, count });
    expect(await client.waitFor('resumed')).toMatchObject({ missed: true });
    expect(await client.waitFor('rejoin')).toEqual({ reason: 'missed' });
    const { peers } = await client.request('join', {});
    expect(peers.map(({ id }) => id)).toEqual(['bob']);
    expect(results).toEqual(['missed']);
    // It counts from zero, and can resume again.
    const { ticket } = await client.waitFor('resumed');
    await client.cut();
    await whenAway(server);
    const again = await comeBack(server, { ticket: String(ticket), count: received(client) });
    expect(again.resumed).toMatchObject({ missed: false });
  });

  test('keeps little of what it has said to have received', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = received(alice.client);
    await alice.client.request('received', { count });
    await alice.client.cut();
    await whenAway(server);
    const client = await show(server, { ticket: alice.ticket, count: count - 1 });
    expect(await client.waitFor('resumed')).toMatchObject({ missed: true });
  });

  test('asks to join again when its worker died meanwhile', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    server.sfu.moveRoom({ roomId: 'room', workerIndex: 0 });
    const { client } = await comeBack(server, { ticket: alice.ticket, count });
    expect(await client.waitFor('rejoin')).toEqual({ reason: 'moved' });
  });
});

describe('a ticket', () => {
  test('is taken over from a socket of which the server has not noticed that it is cut', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    const session = peerOf(server)?.sessionId;
    const { client } = await comeBack(server, { ticket: alice.ticket, count: received(alice.client) });
    expect(await alice.client.closed).toMatchObject({ code: 4000 });
    expect(peerOf(server)?.sessionId).toBe(session ?? '');
    await client.request('raiseHand', {});
    await bob.client.waitFor('peerHand');
    expect(bob.client.named('peerClosed')).toEqual([]);
  });

  test('stays good until the client has written over the socket that gave it the next one', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    const lost = await show(server, { ticket: alice.ticket, count });
    await lost.waitFor('resumed');
    await lost.cut();
    await whenAway(server);
    const { client } = await comeBack(server, { ticket: alice.ticket, count });
    await client.request('raiseHand', {});
    const used = await show(server, { ticket: alice.ticket, count });
    expect(await used.closed).toMatchObject({
      code: 4000,
      reason: expect.stringMatching(/^ticket_refused: /),
    });
    // The rightful one is not disturbed.
    await client.request('lowerHand', {});
  });

  test('that two sockets show at once leaves one of them in the call', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    const returning = [1, 2].map(() => show(server, { ticket: alice.ticket, count }));
    const clients = await Promise.all(returning);
    const ends = await Promise.race(
      clients.map(({ closed }, index) => closed.then((end) => ({ index, end }))),
    );
    expect(ends.end.code).toBe(4000);
    const rightful = clients[1 - ends.index];
    await rightful?.request('raiseHand', {});
    expect(server.sfu.room('room').peers.size).toBe(1);
    expect(peerOf(server)?.absence).toBeUndefined();
  });

  test('of another, a made-up one and a malformed one are refused before anything is made', async () => {
    await using server = await startServer();
    const results = resumeResults(server);
    const alice = await enterResumable(server, 'alice');
    const bob = await enterResumable(server, 'bob');
    const made: string[] = [];
    server.sfu.events.on('peerConnected', ({ peerId }) => void made.push(peerId));
    const wrong: Return[] = [
      { peerId: 'alice', ticket: bob.ticket, count: 3 },
      { peerId: 'bob', ticket: alice.ticket, count: 3 },
      { peerId: 'carol', ticket: alice.ticket, count: 3 },
      { ticket: 'A'.repeat(43), count: 3 },
      { ticket: 'short', count: 3 },
      { ticket: alice.ticket, count: '' },
      { ticket: alice.ticket, count: '-1' },
    ];
    for (const one of wrong) {
      const client = await show(server, one);
      expect(await client.closed).toMatchObject({
        code: 4000,
        reason: expect.stringMatching(/^ticket_refused: /),
      });
    }
    expect(results).toEqual([...Array(4).fill('unknown'), ...Array(3).fill('malformed')]);
    expect(made).toEqual([]);
    for (const { client } of [alice, bob]) await client.request('raiseHand', {});
  });

  test('needs no token, and lets nobody else in', async () => {
    await using server = await startServer(withKeys);
    const alice = await enterResumable(server, 'alice', await tokenFor('room', 'alice'));
    const count = await cut(server, alice);
    await comeBack(server, { ticket: alice.ticket, count });
    expect(peerOf(server)?.identity.subject).toBe('alice');
  });
});

describe('while a peer is away', () => {
  test('a removal ends it at once, and its ticket says so', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    const removed = { roomId: 'room', peerId: 'alice', by: serverActor, reason: 'enough' };
    expect(await server.sfu.removePeer(removed)).toEqual([]);
    expect(await bob.client.waitFor('peerLeft')).toEqual({ peerId: 'alice', reason: 'removed' });
    const late = await show(server, { ticket: alice.ticket, count });
    expect(await late.closed).toEqual({ code: 4000, reason: 'removed: enough' });
  });

  test('a ban ends it at once, and neither its ticket nor its token lets it in', async () => {
    await using server = await startServer(withKeys);
    const token = await tokenFor('room', 'alice');
    const bob = await enter({
      server,
      peerId: 'bob',
      token: await tokenFor('room', 'bob', { grants: { moderate: true } }),
    });
    const alice = await enterResumable(server, 'alice', token);
    const count = await cut(server, alice);
    await bob.client.request('removePeer', { peerId: 'alice', ban: { seconds: 60 } });
    expect(peerOf(server)).toBeUndefined();
    const late = await show(server, { ticket: alice.ticket, count });
    expect(await late.closed).toMatchObject({ code: 4000 });
    const again = await SignalingClient.connect({ server, peerId: 'alice', token });
    expect(await again.closed).toMatchObject({ code: 4000, reason: expect.stringMatching(/^banned: /) });
  });

  test('the same peer from elsewhere takes its place', async () => {
    await using server = await startServer();
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    const elsewhere = await enter({ server, peerId: 'alice' });
    const late = await show(server, { ticket: alice.ticket, count });
    expect(await late.closed).toMatchObject({ code: 4000, reason: expect.stringMatching(/^replaced: /) });
    await elsewhere.client.request('raiseHand', {});
  });

  test('it counts as in the room: for its limit, and for a drain that waits', async () => {
    const clock = new TestClock();
    await using server = await startServer({ TUREEN_MAX_PEERS_PER_ROOM: '1' }, { clock });
    const alice = await enterResumable(server, 'alice');
    const count = await cut(server, alice);
    const bob = await SignalingClient.connect({ server, peerId: 'bob' });
    expect(await bob.closed).toMatchObject({ reason: expect.stringMatching(/^room_full: /) });
    let drained = false;
    const draining = server.sfu.drain({ milliseconds: 60_000 }).then(() => {
      drained = true;
    });
    const { client } = await comeBack(server, { ticket: alice.ticket, count });
    expect(drained).toBe(false);
    await client.close();
    await draining;
  });
});

describe('a client ends at once', () => {
  test('when it closes its socket itself', async () => {
    await using server = await startServer();
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enterResumable(server, 'alice');
    alice.client.socket.close(1000);
    expect(await bob.client.waitFor('peerLeft')).toEqual({ peerId: 'alice', reason: 'disconnected' });
  });

  test('when it did not ask to resume, or the server does not let it', async () => {
    await using server = await startServer({ TUREEN_RESUME_SECONDS: '0' });
    const bob = await enter({ server, peerId: 'bob' });
    const alice = await enter({ server, peerId: 'alice', path: resumable });
    expect(alice.client.named('resumeTicket')).toEqual([]);
    await alice.client.cut();
    await bob.client.waitFor('peerLeft');
    await using other = await startServer();
    const carol = await enter({ server: other, peerId: 'carol' });
    const dave = await enter({ server: other, peerId: 'dave' });
    await dave.client.cut();
    await carol.client.waitFor('peerLeft', ({ peerId }) => peerId === 'dave');
  });

  test('when it had not joined yet', async () => {
    await using server = await startServer();
    const alice = await SignalingClient.connect({ server, peerId: 'alice', path: resumable });
    await alice.waitFor('resumeTicket');
    await alice.cut();
    await until(() => server.sfu.room('room').peers.size === 0, 'the end of the peer');
  });
});
