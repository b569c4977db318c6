import { afterAll, expect, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { Commands } from '../../src/commands/commands.ts';
import { admittance } from '../support/admittance.ts';
import { NatsServer } from '../support/nats-server.ts';
import { apiKey, startServer, tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { enter } from '../support/world.ts';

const bus = await NatsServer.start();
const ends = new AsyncDisposableStack();
ends.use(bus);
afterAll(() => ends.disposeAsync());

async function start(name: string): Promise<Server> {
  const pipes = { TUREEN_PIPE_PORTS: name === 'a' ? '46000-46049' : '46050-46099' };
  return ends.use(await startServer({ ...withKeys, ...pipes, TUREEN_NODE: name, TUREEN_BUS_URL: bus.url }));
}

const [a, b] = await Promise.all([start('a'), start('b')]);
const isReady = async ({ port }: Server) => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
for (const server of [a, b]) await until(() => isReady(server), 'a node that is ready');

const by = { kind: 'admin', id: 'ada' } as const;
const commandsOf = ({ sfu, store }: Server) => new Commands(sfu, store);

/** Over REST. @returns the ban's id */
async function ban(server: Server, value: string, more: object = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/bans`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await apiKey()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'identity', value, reason: 'spam', ...more }),
  });
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as { id: string };
  return id;
}

const entry = (server: Server, peerId: string, token: string) => admittance({ server, peerId, token });

const isBanned = ({ store }: Server, subject: string) =>
  store.bans.findActive({ roomId: 'room', subject, address: '' }) !== undefined;

test('who is banned on one node is refused on another as soon as that hears of it, until it is lifted there', async () => {
  const token = await tokenFor('room', 'mallory');
  const id = await ban(a, 'mallory');
  await until(() => isBanned(b, 'mallory'), 'the ban on the other node');
  expect(await entry(b, 'mallory', token)).toBe('banned');
  const lifted = await fetch(`http://127.0.0.1:${b.port}/api/v1/bans/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${await apiKey()}` },
  });
  expect(lifted.status).toBe(204);
  await until(() => !isBanned(a, 'mallory'), 'the end of the ban on the first node');
  expect(await entry(a, 'mallory', token)).toBe('in');
});

test('a ban removes the peers that it matches on every node, and says why', async () => {
  const { client } = await enter({ server: b, peerId: 'eve', token: await tokenFor('room', 'eve') });
  await ban(a, 'eve');
  expect(await client.closed).toEqual({ code: 4000, reason: 'removed: you were banned: spam' });
});

test('a removal on one node ends the other sessions of the subject elsewhere, and voids its tokens there', async () => {
  const token = await tokenFor('room', 'carol', { now: Date.now() - 5000 });
  const { client: here } = await enter({ server: a, peerId: 'carol', token });
  await commandsOf(a).removePeer({ roomId: 'room', peerId: 'carol', by });
  expect((await here.closed).reason).toStartWith('removed');
  await until(() => b.store.bans.isVoid({ roomId: 'room', subject: 'carol', address: '', issuedAt: 0 }));
  expect(await entry(b, 'carol', token)).toBe('removed');
  const newer = await tokenFor('room', 'carol', { now: Date.now() + 2000 });
  expect(await entry(b, 'carol', newer)).toBe('in');
  // Its session on the other node was let in by a token of before the next removal.
  const { client: there } = await enter({ server: b, peerId: 'carol', token: newer });
  a.store.bans.voidTokens({ roomId: 'room', subject: 'carol', issuedAt: Date.now() + 3000 });
  expect(await there.closed).toEqual({ code: 4000, reason: 'removed: a moderator removed you' });
});

test('a key that is revoked on one node ends what a program has open on another', async () => {
  const key = a.store.apiKeys.create('gateway', 'admin');
  await until(() => b.store.apiKeys.has('gateway'));
  const program = await SignalingClient.connect({ server: b, path: '/control?', token: key });
  await program.waitFor('welcome');
  a.store.apiKeys.revoke(a.store.apiKeys.list().find(({ name }) => name === 'gateway')?.id ?? 0);
  expect((await program.closed).reason).toStartWith('unauthorized');
});

test('a ban while the bus is down holds here at once, and on the others when it is back', async () => {
  const token = await tokenFor('room', 'trudy');
  // What was decided before is out, so that it is not counted.
  await until(() => a.store.state.facts.waiting === 0, 'an empty outbox');
  await bus.kill();
  await ban(a, 'trudy');
  expect(await entry(a, 'trudy', token)).toBe('banned');
  expect(await entry(b, 'trudy', token)).toBe('in');
  expect(a.store.state.facts.waiting).toBe(1);
  await bus.restart();
  await until(() => a.store.state.facts.waiting === 0, 'an outbox that is sent');
  await until(() => isBanned(b, 'trudy'), 'the ban on the other node');
  expect(await entry(b, 'trudy', token)).toBe('banned');
});
