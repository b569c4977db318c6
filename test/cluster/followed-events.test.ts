import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { EventExchange } from '../../src/cluster/event-exchange.ts';
import type { Presence, PresenceEvents } from '../../src/cluster/presence.ts';
import type { Wire } from '../../src/cluster/wire.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { silentLogger } from '../../src/core/log.ts';
import { BusMesh } from '../support/bus-mesh.ts';
import { TestClock } from '../support/clock.ts';
import { apiKey, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

setDefaultTimeout(60_000);

interface Told {
  readonly type: string;
  readonly node: string;
  readonly data: { readonly peerId?: string; readonly displayName?: string };
}

let mesh: BusMesh;
let program: SignalingClient;
const types = ['peer_joined', 'peer_renamed', 'peer_left'];

beforeAll(async () => {
  mesh = await BusMesh.of(['a', 'b'], withKeys);
  program = await SignalingClient.connect({
    server: mesh.server('a'),
    path: '/control?',
    token: await apiKey(),
  });
  await program.waitFor('welcome');
  await program.ask('subscribe', { types });
  await until(() => mesh.server('b').mesh?.events.isFollowed === true, 'b that tells what happens');
});
afterAll(() => mesh[Symbol.asyncDispose]());

const enterOn = async (node: string, peerId: string) =>
  await enter({ server: mesh.server(node), roomId: 'room', peerId, token: await tokenFor('room', peerId) });

/** What the program was told so far, and what happened to whom. */
const told = (): Told[] => program.named('event').map((event) => event as unknown as Told);
const lines = (node: string) =>
  told()
    .filter((event) => event.node === node)
    .map(({ type, data }) => `${type} ${data.displayName ?? data.peerId ?? ''}`);

test('a program follows what happens on every node, in the order of each, and webhooks only what happens here', async () => {
  const own: string[] = [];
  const stop = mesh.server('a').programs.events.subscribe(({ node, type }) => own.push(`${node} ${type}`));
  const bob = await enterOn('b', 'bob');
  for (const displayName of ['one', 'two', 'three'])
    await bob.client.request('changeDisplayName', { displayName });
  await bob.client.close();
  await enterOn('a', 'alice');
  await until(() => lines('b').some((line) => line.startsWith('peer_left')), 'the end of Bob');
  await until(() => lines('a').length === 1, 'Alice');
  expect(lines('b').map((line) => line.split(' ')[0])).toEqual([
    'peer_joined',
    ...['peer_renamed', 'peer_renamed', 'peer_renamed'],
    'peer_left',
  ]);
  expect(lines('b').slice(1, 4)).toEqual(['peer_renamed one', 'peer_renamed two', 'peer_renamed three']);
  expect(own.every((line) => line.startsWith('a '))).toBe(true);
  expect(own).toContain('a peer_joined');
  stop();
});

test('what was told while a program was away comes when it is back', async () => {
  const { position } = (await program.ask('unsubscribe', {})) as { position: string };
  const seen = told().length;
  await enterOn('b', 'carol');
  await until(() => mesh.server('a').programs.events.since(position)?.length !== 0, 'what happened on b');
  expect(told()).toHaveLength(seen);
  expect(await program.ask('subscribe', { types, after: position })).toMatchObject({ gap: false });
  await until(() => lines('b').includes('peer_joined carol'), 'Carol');
});

test('events that did not arrive are told as lost, whatever the program asked for', async () => {
  const dave = await enterOn('b', 'dave');
  await until(() => lines('b').includes('peer_joined dave'), 'Dave');
  mesh.hub.isolate('b');
  await dave.client.request('changeDisplayName', { displayName: 'unheard' });
  const sent = Promise.withResolvers<void>();
  const stop = mesh.server('b').programs.events.subscribe(() => sent.resolve());
  await dave.client.request('changeDisplayName', { displayName: 'unheard too' });
  await sent.promise;
  // What happens at about the same time goes out together.
  await until(() => mesh.server('b').mesh?.events.waiting === 0, 'what is lost');
  stop();
  mesh.hub.isolate();
  await dave.client.request('changeDisplayName', { displayName: 'heard' });
  await until(() => lines('b').includes('peer_renamed heard'), 'the new name');
  const last = told()
    .filter(({ node }) => node === 'b')
    .slice(-2);
  expect(last.map(({ type }) => type)).toEqual(['events_lost', 'peer_renamed']);
});

test('the others go on telling for a minute after the last program has gone, and no longer', () => {
  const clock = new TestClock();
  const hears: string[] = [];
  const hear = (name: string) => {
    hears.push(name);
    return () => void hears.pop();
  };
  const said: string[] = [];
  const presence = {
    events: new EventBus<PresenceEvents>(silentLogger),
    nodes: new Map(),
    sayNow: () => void said.push('beat'),
  };
  const exchange = new EventExchange({
    wire: { hear } as unknown as Wire,
    presence: presence as unknown as Presence,
    clock,
  });
  const reader = { told: () => {}, missed: () => {} };
  const leave = () => exchange.unfollow(() => void said.push('end'));
  exchange.follow(reader);
  leave();
  clock.advance(59_000);
  exchange.follow(reader);
  clock.advance(60_000);
  expect({ follows: exchange.follows, hears, said }).toEqual({
    follows: true,
    hears: ['events'],
    said: ['beat'],
  });
  leave();
  clock.advance(60_000);
  expect({ follows: exchange.follows, hears, said }).toEqual({
    follows: false,
    hears: [],
    said: ['beat', 'end'],
  });
  exchange.close();
});
