import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { Commands } from '../../src/commands/commands.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { audioTrack, enter, type Member } from '../support/world.ts';
import { open } from '../whip/whip-client.ts';

setDefaultTimeout(60_000);

const asker = { by: { kind: 'admin', id: 'root' }, address: '192.0.2.9', reason: 'rude' } as const;
const ban = { scope: 'room', kinds: ['identity'], milliseconds: null } as const;

interface Scene {
  readonly server: Server;
  readonly bob: Member;
  readonly token: string;
  readonly remove: () => Promise<unknown>;
  /** Opens a socket with bob's token; whatever becomes of it. */
  readonly comeAgain: () => Promise<unknown>;
  /** Opens a session by WHIP or WHEP with bob's token. */
  readonly session: (kind: 'whip' | 'whep') => Promise<unknown>;
}

/** Bob is in a call with alice, whom a moderator leaves alone. */
async function scene(server: Server): Promise<Scene> {
  await enter({ server, peerId: 'alice', token: await tokenFor('room', 'alice') });
  await open(server, '/whip/room', {
    headers: { authorization: `Bearer ${await tokenFor('room', 'camera')}` },
  });
  const token = await tokenFor('room', 'bob');
  const bob = await enter({ server, peerId: 'bob', token });
  const commands = new Commands(server.sfu, server.store);
  return {
    server,
    bob,
    token,
    remove: () => commands.removePeer({ roomId: 'room', peerId: 'bob', ...asker }).catch(() => {}),
    comeAgain: async () => {
      const client = await SignalingClient.connect({ server, peerId: 'bob', token });
      await client.request('join', {}).catch(() => {});
    },
    session: (kind) =>
      open(server, `/${kind}/room`, {
        headers: { authorization: `Bearer ${token}` },
        ...(kind === 'whep' && { offer: 'chromium-player' }),
      }),
  };
}

/** How a removal and somebody who comes back can meet. */
const races: [string, (scene: Scene) => Promise<unknown>][] = [
  ['he connects again at the same moment', ({ remove, comeAgain }) => Promise.all([remove(), comeAgain()])],
  ['he has just begun to connect again', ({ remove, comeAgain }) => Promise.all([comeAgain(), remove()])],
  [
    'his new connection is being let in',
    async ({ server, remove, comeAgain }) => {
      const removed = Promise.withResolvers<unknown>();
      const stop = server.sfu.events.on('peerConnected', () => removed.resolve(remove()));
      await Promise.all([comeAgain(), removed.promise]);
      stop();
    },
  ],
  [
    'his older connection is being replaced',
    async ({ server, remove, comeAgain }) => {
      const removed = Promise.withResolvers<unknown>();
      const stop = server.sfu.events.on('peerLeft', () => queueMicrotask(() => removed.resolve(remove())));
      await Promise.all([comeAgain(), removed.promise]);
      stop();
    },
  ],
  [
    'he connects ten times at once',
    ({ remove, comeAgain }) => Promise.all([...Array.from({ length: 10 }, comeAgain), remove()]),
  ],
  [
    'he begins to play by WHEP at that moment',
    ({ remove, session }) => Promise.all([session('whep'), remove(), session('whep')]),
  ],
  [
    'he begins to publish by WHIP at that moment',
    ({ remove, session }) => Promise.all([session('whip'), remove(), session('whip')]),
  ],
  [
    'his socket ends at that moment, and he plays by WHEP',
    async ({ bob, remove, session }) => {
      await session('whep');
      await Promise.all([remove(), bob.client.close()]);
    },
  ],
  [
    'he publishes at that moment',
    ({ bob, remove }) =>
      Promise.all([
        bob.client.request('produce', audioTrack(bob.sendTransport, 9)).catch(() => {}),
        remove(),
      ]),
  ],
];

test.each(races)('who is removed is out, also when %s', async (_what, run) => {
  await using server = await startServer(withKeys);
  const played = await scene(server);
  await run(played);
  const bobs = () =>
    server.sfu
      .room('room')
      .peersOf('bob')
      .map(({ id }) => id);
  await until(() => bobs().length === 0, `a room without bob, where ${bobs()} is`);
  await played.comeAgain().catch(() => {});
  await until(() => bobs().length === 0, 'a room without bob');
  expect(server.sfu.read.peerIds('room').sort()).toEqual(['alice', 'camera']);
  expect(server.sfu.read.producers('room').filter(({ peerId }) => peerId === 'bob')).toEqual([]);
});

test('two moderators who remove and ban at once while he comes back both have their way', async () => {
  await using server = await startServer(withKeys);
  const { comeAgain, remove } = await scene(server);
  const commands = new Commands(server.sfu, server.store);
  const banned = commands.removePeer({ roomId: 'room', peerId: 'bob', ...asker }, ban);
  await Promise.allSettled([remove(), banned, comeAgain()]);
  await until(() => !server.sfu.read.peerIds('room').includes('bob'), 'a room without bob');
  const later = await tokenFor('room', 'bob', { now: Date.now() + 5000 });
  const client = await SignalingClient.connect({ server, peerId: 'bob', token: later });
  expect((await client.closed).reason).toStartWith('banned:');
});
