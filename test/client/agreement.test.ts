import { describe, expect, test } from 'bun:test';
import type { types } from 'mediasoup-client';
import type { TureenClient } from '../../client/index.ts';
import { windowLimits } from '../../client/request-window.ts';
import { peerQueueLimits } from '../../src/wire/frame-queue.ts';
import { startServer } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { replaceWorker } from '../support/workers.ts';
import { audioTrack, enter as enterRaw } from '../support/world.ts';
import { handlerFactory, joined, other, stateOf, track, useClients } from './support.ts';

const { server, enter } = await useClients();

type Step = 'receive' | 'send' | 'sendDataChannel';

/** A browser that stops at a step until it is let go: what happens meanwhile happens in the middle of it. */
function slowBrowser(step: Step) {
  const gate = Promise.withResolvers<void>();
  const state = { waiting: 0, undone: 0, letGo: () => gate.resolve() };
  const factory: types.HandlerFactory = {
    ...handlerFactory,
    factory: (options) => {
      const handler = handlerFactory.factory(options);
      const original = (handler[step] as (given: never) => Promise<never>).bind(handler);
      const slow = async (given: never) => {
        state.waiting += 1;
        await gate.promise;
        return await original(given);
      };
      const stop = handler.stopReceiving.bind(handler);
      const stopReceiving = async (localIds: string[]) => {
        state.undone += localIds.length;
        await stop(localIds);
      };
      return Object.assign(handler, { [step]: slow, stopReceiving });
    },
  };
  return { handlerFactory: factory, state };
}

/** What a client tells of the tracks of others. */
function tracksOf(client: TureenClient): string[] {
  const told: string[] = [];
  client.on('trackAdded', ({ peer, track: { kind } }) => told.push(`${peer.id} ${kind} added`));
  client.on('trackRemoved', ({ peer, track: { kind } }) => told.push(`${peer.id} ${kind} removed`));
  return told;
}

const serverPeer = (peerId: string) => server.sfu.peer('room', peerId);

describe('what a client shows is what is there', () => {
  test('a peer that left while its track was set up leaves nothing behind', async () => {
    const { handlerFactory: slow, state } = slowBrowser('receive');
    const bob = await enter('bob', { handlerFactory: slow });
    const told = tracksOf(bob);
    for (const peerId of ['ghost 1', 'ghost 2', 'ghost 3']) {
      const ghost = await enterRaw({ server, peerId });
      await ghost.client.request('produce', audioTrack(ghost.sendTransport, 1));
      await until(() => serverPeer('bob').subscriptions.size === 1, 'the offer');
      await ghost.client.close();
    }
    await until(() => bob.peers.size === 0, 'all having left');
    state.letGo();
    await until(() => state.undone === 3, 'the tracks being given up');
    expect(told).toEqual([]);
    expect(serverPeer('bob').subscriptions.size).toBe(0);
  });

  test('a track that is closed while it is produced is not kept by the server', async () => {
    const alice = await enter('alice');
    const publishing = alice.publish(track('audio'), 'microphone');
    await alice.publication('microphone')?.close();
    await publishing;
    const opened = await alice.publish(track('video'), 'camera');
    await until(() => serverPeer('alice').publications.size === 1, 'only the camera');
    expect([...serverPeer('alice').publications.keys()]).toEqual([opened.producerId ?? '']);
  });
});

describe('the last wish counts', () => {
  test('a track that is paused as soon as it is there stays paused', async () => {
    const alice = await enter('alice');
    await alice.publish(track('audio'), 'microphone');
    await alice.publish(track('video'), 'camera');
    const { handlerFactory: slow, state } = slowBrowser('receive');
    const entering = enter('bob', { handlerFactory: slow });
    await until(() => state.waiting > 0, 'the offer');
    const bob = await entering;
    bob.on('trackAdded', ({ track: added }) => void (added.kind === 'audio' && added.pause()));
    state.letGo();
    const consumers = () => [...serverPeer('bob').subscriptions.values()].map(({ consumer }) => consumer);
    const ofKind = (kind: string) => consumers().find((consumer) => consumer.kind === kind);
    await until(() => ofKind('video')?.paused === false, 'the picture');
    expect(ofKind('audio')?.paused).toBe(true);
    await other(bob).track('microphone')?.resume();
    expect(ofKind('audio')?.paused).toBe(false);
  });

  test('a mute that comes while unmuting is under way wins', async () => {
    const alice = await enter('alice');
    const microphone = await alice.publish(track('audio'), 'microphone', { paused: true });
    const unmuting = microphone.resume();
    await microphone.pause();
    await unmuting;
    expect(microphone.paused).toBe(true);
    expect(microphone.track.enabled).toBe(false);
    expect([...serverPeer('alice').publications.values()].map(({ producer }) => producer.paused)).toEqual([
      true,
    ]);
  });
});

describe('the limits of the server', () => {
  test('leave room for what a client has unanswered at a time', () => {
    expect(windowLimits.count).toBeLessThan(peerQueueLimits.count / 2);
    expect(windowLimits.bytes).toBeLessThanOrEqual(peerQueueLimits.bytes / 2);
  });

  test('are kept with more publications than one message starts, and with hundreds of requests at once', async () => {
    const limits = { TUREEN_MAX_PRODUCERS_PER_PEER: '256', TUREEN_MESSAGES_PER_SECOND: '5000' };
    await using wide = await startServer(limits);
    const senders = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((peerId) => joined({ server: wide, peerId, autoSubscribe: false })),
    );
    await Promise.all(
      senders.flatMap((sender) =>
        Array.from({ length: 210 }, () => sender.publish(track('audio'), 'microphone')),
      ),
    );
    const watcher = await joined({ server: wide, peerId: 'watcher' });
    const { subscriptions } = wide.sfu.peer('room', 'watcher');
    const paused = () => [...subscriptions.values()].filter(({ consumer }) => consumer.paused).length;
    const tracks = () => [...watcher.peers.values()].flatMap((peer) => [...peer.tracks]);
    await until(() => subscriptions.size === 1050 && paused() === 0, 'all consumers running', 60_000);
    await until(() => tracks().length === 1050, 'all tracks');
    await Promise.all(
      tracks()
        .slice(0, 600)
        .map((received) => received.pause()),
    );
    expect(paused()).toBe(600);
    expect(watcher.state).toBe('joined');
    await Promise.all([watcher, ...senders].map((client) => client.leave()));
  }, 120_000);

  test('a message that is too large is refused here, and the connection stays', async () => {
    const alice = await enter('alice');
    await expect(alice.setDisplayName('x'.repeat(70_000))).rejects.toMatchObject({ code: 'too_large' });
    await alice.setDisplayName('Alice');
    expect(alice.state).toBe('joined');
  });
});

describe('media that breaks while something is being published', () => {
  const move = () => server.sfu.moveRoom({ roomId: 'room', workerIndex: 0 });

  test.each([
    ['a track', 'send', (client: TureenClient) => client.publish(track('audio'), 'microphone')],
    ['a channel', 'sendDataChannel', (client: TureenClient) => client.openChannel('notes')],
  ] as const)('%s is published again after the rejoin', async (_what, step, publish) => {
    const { handlerFactory: slow, state } = slowBrowser(step);
    const alice = await enter('alice', { handlerFactory: slow });
    const publishing = publish(alice);
    await until(() => state.waiting === 1, 'the browser');
    const rejoining = stateOf(alice, 'rejoining');
    move();
    await rejoining;
    state.letGo();
    await publishing;
    const sent = () => serverPeer('alice').publications.size + serverPeer('alice').dataPublications.size;
    await until(() => alice.state === 'joined' && sent() === 1, 'it being published again');
  });

  test('several deaths of workers in a row end nothing', async () => {
    const alice = await enter('alice');
    const publishing = [alice.publish(track('audio'), 'microphone'), alice.publish(track('video'), 'camera')];
    for (let death = 0; death < 4; death += 1) await replaceWorker(server);
    await Promise.all(publishing);
    await until(() => alice.state === 'joined', 'the call');
    await until(() => serverPeer('alice').publications.size === 2, 'both tracks');
    expect([...alice.publications].map(({ ended }) => ended)).toEqual([false, false]);
  });
});

describe('a peer whose worker died', () => {
  test('is told as joined once, with the time that it took, and as left when it leaves', async () => {
    const told: string[] = [];
    const stops = (['peerJoined', 'peerRejoined', 'peerLeft'] as const).map((name) =>
      server.sfu.events.on(name, ({ peerId }) => void told.push(`${name} ${peerId}`)),
    );
    const alice = await enter('alice');
    const rejoining = stateOf(alice, 'rejoining');
    await replaceWorker(server);
    await rejoining;
    await stateOf(alice, 'joined');
    await alice.leave();
    expect(told).toEqual(['peerJoined alice', 'peerRejoined alice', 'peerLeft alice']);
    for (const stop of stops) stop();
  });

  test('and which leaves before it is back is gone for the others at once', async () => {
    const bob = await enter('bob');
    const raw = await SignalingClient.connect({ server, peerId: 'raw' });
    await raw.request('createWebRtcTransport', { producing: true });
    await raw.request('join', {});
    await until(() => bob.peers.size === 1, 'the peer');
    const lefts: object[] = [];
    const stop = server.sfu.events.on('peerLeft', (left) => void lefts.push(left));
    await replaceWorker(server);
    await raw.waitFor('rejoin');
    await until(() => other(bob).away, 'the peer being away');
    const leaving = bob.once('peerLeft');
    await raw.close();
    expect(await leaving).toMatchObject({ peer: { id: 'raw' }, reason: 'disconnected' });
    expect(lefts).toMatchObject([{ peerId: 'raw', joined: true, rejoining: true }]);
    stop();
  });
});
