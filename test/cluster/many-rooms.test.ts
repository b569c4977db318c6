import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Server } from '../../src/app/server.ts';
import { SfuError } from '../../src/core/errors.ts';
import { NatsServer } from '../support/nats-server.ts';
import { freePort } from '../support/port.ts';
import { seededRandom } from '../support/random.ts';
import { startServer } from '../support/server.ts';
import type { SignalingClient } from '../support/signaling-client.ts';
import { eventually, until } from '../support/until.ts';
import { audioTrack, enter } from '../support/world.ts';

setDefaultTimeout(240_000);

const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const rooms = Array.from({ length: 200 }, (_, number) => `room ${number}`);
const steps = 960;
/** Steps that are taken at the same time, each by another person. */
const atOnce = 12;
const stepsBetweenLooks = 120;
const peersPerRoom = 4;
const by = { kind: 'admin', id: 'root' } as const;

const ends = new AsyncDisposableStack();
const monitorPort = freePort();
const bus = ends.use(await NatsServer.start({ configuration: `http: "127.0.0.1:${monitorPort}"` }));
afterAll(() => ends.disposeAsync());

const servers = new Map<Name, Server>();
for (const [index, name] of names.entries()) {
  const first = 44_000 + 600 * index;
  const settings = {
    ...{ TUREEN_NODE: name, TUREEN_BUS_URL: bus.url, TUREEN_PIPE_PORTS: `${first}-${first + 599}` },
    ...{ TUREEN_EMPTY_ROOM_SECONDS: '0', TUREEN_MESSAGES_PER_SECOND: '100000' },
  };
  servers.set(name, ends.use(await startServer(settings)));
}
const all = [...servers.values()];
await until(
  () => all.every(({ mesh }) => mesh?.presence.living.length === 2),
  'three nodes that know each other',
);

interface Person {
  readonly roomId: string;
  readonly peerId: string;
  readonly node: Name;
  readonly client: SignalingClient;
  readonly sendTransport: string;
  readonly tracks: string[];
}

const random = seededRandom('two hundred rooms on three nodes');
const people = new Map<string, Person>();
let lastSsrc = 1000;

const serverOf = (name: Name): Server => servers.get(name) as Server;
const isOpen = ({ client }: Person) => client.socket.readyState === WebSocket.OPEN;

/** What may be refused when others act at the same moment, as resuming what a moderator muted; anything else is a fault. */
async function unlessLate(work: Promise<unknown>): Promise<void> {
  const late = ['not_found', 'gone', 'wrong_state', 'forbidden'];
  const codeOf = (error: Error) => (error instanceof SfuError ? error.code : error.message.split(':')[0]);
  await work.catch((error: Error) => {
    if (!late.includes(codeOf(error) ?? '') && !error.message.startsWith('closed with')) throw error;
  });
}

/**
 * In place of whoever is there under that name, on whichever node. Where a node did not hear in time of the former session,
 * both are as new, and one of them is kept.
 */
async function join(roomId: string, peerId: string): Promise<void> {
  const node = random.pick(names);
  const former = people.get(peerId);
  const entered = await enterOpenRoom(node, roomId, peerId);
  if (!entered) return;
  const { client, sendTransport } = entered;
  const person = { roomId, peerId, node, client, sendTransport, tracks: [] };
  if (former && isOpen(former)) {
    const what = `the end of one of two sessions of ${peerId}: ${former.node}, ${node}`;
    await until(() => ![former, person].every(isOpen), what);
  }
  if (!isOpen(person)) return;
  people.set(peerId, person);
  if (random.chance(0.4)) await publish(person);
}

/** @returns undefined when another session of the same peer is kept */
async function enterOpenRoom(node: Name, roomId: string, peerId: string) {
  for (;;) {
    const entered = await enter({ server: serverOf(node), roomId, peerId }).catch((error: Error) => error);
    if (!(entered instanceof Error)) return entered;
    if (entered.message.startsWith('closed with 4000 replaced')) return undefined;
    // A room that closes at this moment says so, and the next one is another one.
    if (!entered.message.includes('room_closed')) throw entered;
  }
}

async function publish({ client, sendTransport, tracks }: Person): Promise<void> {
  lastSsrc += 10;
  await unlessLate(
    client.request('produce', audioTrack(sendTransport, lastSsrc)).then(({ id }) => tracks.push(id)),
  );
}

async function leave(person: Person): Promise<void> {
  const { client, peerId } = person;
  if (random.chance(0.5)) client.socket.close();
  else (client.socket as WebSocket & { terminate(): void }).terminate();
  await client.closed;
  people.delete(peerId);
}

/** Something that a person does, or that is done to it from any node. */
async function act(roomId: string, peerId: string): Promise<void> {
  const person = people.get(peerId);
  if (!person || !isOpen(person)) return await join(roomId, peerId);
  const { commands } = serverOf(random.pick(names));
  const dice = random.next();
  const producerId = person.tracks.length > 0 ? random.pick(person.tracks) : undefined;
  if (dice < 0.3) await leave(person);
  else if (dice < 0.45) await join(roomId, peerId);
  else if (dice < 0.55) {
    await unlessLate(commands.removePeer({ roomId, peerId, by }));
    // It may have been heard of there too late, and is in its room then.
    const isThere = () => serverOf(person.node).sfu.rooms.get(roomId)?.peers.has(peerId) ?? false;
    await until(() => isThere() || !isOpen(person), `the end of ${peerId}, who was removed`);
  } else if (dice < 0.65) await publish(person);
  else if (!producerId)
    await unlessLate(person.client.request('changeDisplayName', { displayName: `${dice}` }));
  else if (dice < 0.75) await unlessLate(commands.muteProducer({ roomId, peerId, producerId, by }));
  else if (dice < 0.85) await unlessLate(commands.allowProducer({ roomId, peerId, producerId, by }));
  else if (dice < 0.93) await unlessLate(person.client.request('pauseProducer', { producerId }));
  else await unlessLate(person.client.request('resumeProducer', { producerId }));
}

/** Different people, for each does one thing after the other. */
function places(): Map<string, string> {
  const found = new Map<string, string>();
  while (found.size < atOnce) {
    const roomId = random.pick(rooms);
    found.set(`${roomId}: ${random.below(peersPerRoom)}`, roomId);
  }
  return found;
}

/** A room as one node has it: who is there, where, under which name, and what is sent and held. */
function rosterOf(name: Name, roomId: string): string[] {
  const { sfu } = serverOf(name);
  const room = sfu.rooms.get(roomId);
  const present = [...(room?.joinedPeers ?? []), ...(room?.mesh?.roster.peers.values() ?? [])].filter(
    ({ joined }) => joined,
  );
  const inRoom = present.map(({ id, displayName }) => {
    const found = sfu.mesh.find(roomId, id);
    return `${id} ${displayName} ${found?.node?.name ?? name} ${found?.sessionId}`;
  });
  const sent = (room?.publications ?? []).map(
    ({ info: { peerId, id, pausedBy } }) => `${peerId} ${id} ${[...pausedBy].sort()}`,
  );
  return [...inRoom, ...sent].sort();
}

/** What differs from what it should be in a room. */
function differences(roomId: string): string[] {
  const here = [...people.values()].filter((person) => person.roomId === roomId && isOpen(person));
  const should = here.map(({ peerId, node }) => `${peerId} on ${node}`).sort();
  const having = names.filter((name) => serverOf(name).sfu.rooms.has(roomId));
  const rosters = having.map((name) => rosterOf(name, roomId));
  const is = here.filter(({ peerId, node }) => serverOf(node).sfu.rooms.get(roomId)?.peers.has(peerId));
  const alike = new Set(rosters.map((lines) => lines.join('\n')));
  const count = rosters[0]?.filter((line) => names.some((name) => line.includes(` ${name} `))).length ?? 0;
  if (alike.size <= 1 && is.length === here.length && count === here.length) return [];
  return [`${roomId} should have ${should.join(', ') || 'nobody'}, and is ${JSON.stringify(rosters)}`];
}

async function agree(): Promise<void> {
  await eventually(
    'the same rosters on every node',
    () => rooms.flatMap(differences).slice(0, 3),
    (wrong) => wrong.length === 0,
  );
}

const descriptorsOf = (pid: number | 'self') => readdirSync(`/proc/${pid}/fd`).length;

/** Everything that a room could leave behind, here, in the workers and on the bus. */
async function held() {
  const workers = all.flatMap(({ sfu }) => sfu.pool.slots.flatMap(({ live }) => live ?? []));
  const routers = await Promise.all(
    workers.map(async ({ worker }) => (await worker.dump()).routerIds.length),
  );
  const traffic = await Promise.all(all.map(({ sfu }) => sfu.mesh.traffic()));
  const connections = await fetch(`http://127.0.0.1:${monitorPort}/connz`);
  const { connections: list } = (await connections.json()) as { connections: { subscriptions: number }[] };
  return {
    rooms: all.map(({ sfu }) => sfu.rooms.size),
    shares: all.map(({ mesh }) => [mesh?.measures.localShares, mesh?.measures.remoteShares]),
    pipes: traffic.flat().length,
    routers,
    // Those of a worker are its ports.
    descriptors: [...workers.map(({ worker }) => descriptorsOf(worker.pid)), descriptorsOf('self')],
    subscriptions: list.map(({ subscriptions }) => subscriptions).sort(),
  };
}

test('after joins, leaves, mutes, removals and moves at random in 200 rooms all nodes agree, and in the end nothing is left', async () => {
  // What is loaded with the first call stays.
  await join('room 0', 'room 0: 0');
  await leave(people.get('room 0: 0') as Person);
  await until(() => all.every(({ sfu }) => sfu.rooms.size === 0), 'empty nodes');
  const before = await held();
  let pipes = 0;
  for (let done = 0; done < steps; done += atOnce) {
    await Promise.all([...places()].map(([peerId, roomId]) => act(roomId, peerId)));
    if (done % stepsBetweenLooks !== 0) continue;
    await agree();
    pipes = Math.max(pipes, (await held()).pipes);
  }
  await agree();
  // It was worth looking at.
  expect(people.size).toBeGreaterThan(200);
  expect(pipes).toBeGreaterThan(20);
  await Promise.all([...people.values()].map(leave));
  await eventually(
    'nothing of any room',
    async () => JSON.stringify(await held()),
    (now) => now === JSON.stringify(before),
  );
});
