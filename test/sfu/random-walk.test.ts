import { heapStats } from 'bun:jsc';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Server } from '../../src/app/server.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { createLogger } from '../../src/core/log.ts';
import { answers } from '../../src/sfu/media/workers.ts';
import type { Peer } from '../../src/sfu/rooms/peer.ts';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { heldBy } from '../support/held.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { type Received, Walker } from '../support/walker.ts';

setDefaultTimeout(180_000);

const roomCount = 5;
const peersPerRoom = 8;
const warmUpSteps = 500;
const steps = 1500;
const stepsBetweenChecks = 50;
/** Steps that are taken at the same time, each by another peer. */
const mostAtOnce = 5;
/**
 * What may be more after the walk than after the one that warmed it up, in bytes. The heap of JavaScript is steady; the
 * memory of the process goes up and down by tens of megabytes with what the allocator has not given back yet.
 */
const heapBound = 4 * 1024 * 1024;
const residentBound = 128 * 1024 * 1024;
/** Objects that the engine may still hold because it takes some number on the stack for their address. */
const mostStrayObjects = 20;

type Step = (walk: Walk, walker: Walker) => Promise<void>;

/** What a peer may do, and how likely that is. */
const choices: readonly [weight: number, step: Step][] = [
  [14, (walk, walker) => walker.publish('audio', walk.random.chance(0.2))],
  [14, (walk, walker) => walker.publish('video', walk.random.chance(0.2))],
  [6, (_walk, walker) => walker.publishData()],
  [
    12,
    (walk, walker) =>
      walk.withOne(walker.producers, (id) => walker.holdProducer(id, walk.random.chance(0.6))),
  ],
  [10, (walk, walker) => walk.withOne(walker.producers, (id) => walker.closeProducer(id))],
  [
    12,
    (walk, walker) => walk.withOne(walker.media, (id) => walker.holdConsumer(id, walk.random.chance(0.5))),
  ],
  [8, (walk, walker) => walk.withOne(walker.media, (id) => walker.closeConsumer(id))],
  [
    3,
    (walk, walker) =>
      walk.withOne(walker.media, (id) => walk.ask(walker, 'getConsumerStats', { consumerId: id })),
  ],
  [
    3,
    (walk, walker) => walk.ask(walker, 'changeDisplayName', { displayName: `name ${walk.random.below(9)}` }),
  ],
  [6, (walk, walker) => walk.replace(walker)],
  [14, (walk, walker) => walk.leave(walker)],
];
const totalWeight = choices.reduce((sum, [weight]) => sum + weight, 0);

/** Peers of several rooms, doing this and that; what they were told is compared with what is true. */
class Walk {
  readonly rooms = new Map<string, Map<string, Walker>>();
  moves = 0;
  readonly #gone: Walker[] = [];
  #ssrc = 1000;

  constructor(
    readonly server: Server,
    readonly random: Random,
    private readonly skipMinute: () => void,
  ) {
    for (let number = 0; number < roomCount; number += 1) this.rooms.set(`room ${number}`, new Map());
  }

  async run(count: number): Promise<void> {
    let sinceCheck = 0;
    for (let done = 0; done < count; ) {
      const atOnce = Math.min(1 + this.random.below(mostAtOnce), count - done);
      const places = this.#places(atOnce);
      if (this.random.chance(0.008)) this.#killWorker();
      if (this.random.chance(0.03)) this.#moveRoom();
      await Promise.all(places.map(([roomId, peerId]) => this.#step(roomId, peerId)));
      done += atOnce;
      sinceCheck += atOnce;
      if (sinceCheck < stepsBetweenChecks) continue;
      sinceCheck = 0;
      await this.check();
    }
    await this.check();
  }

  /** Everyone goes, in one way or another. */
  async end(): Promise<void> {
    await Promise.all(this.#walkers().map((walker) => this.leave(walker)));
    this.#gone.length = 0;
  }

  async leave(walker: Walker): Promise<void> {
    this.#forget(walker);
    await walker.leave(this.random.pick(['leave', 'close', 'cut']));
  }

  /** The same peer connects again while its older connection is there. */
  async replace(older: Walker): Promise<void> {
    this.#forget(older);
    const newer = this.#enter(older.roomId, older.peerId);
    const { code, reason } = await older.end;
    if (code !== 4000 || !reason.startsWith('replaced: '))
      older.faults.push(`its place was taken, with ${code} ${reason}`);
    await newer;
  }

  async withOne<T>(own: ReadonlyMap<string, T>, act: (id: string) => Promise<void>): Promise<void> {
    const ids = [...own.keys()];
    if (ids.length > 0) await act(this.random.pick(ids));
  }

  async ask(walker: Walker, method: string, data: Record<string, unknown>): Promise<void> {
    await walker.ask(method, data);
  }

  /** Waits until everyone has the right picture of its room, and the server too. @throws Error with what is wrong */
  async check(): Promise<void> {
    await Promise.all(this.#walkers().map((walker) => walker.settled()));
    let wrong: string[] = [];
    await until(
      () => {
        wrong = this.#faults();
        if (wrong.length === 0) wrong = this.#walkers().flatMap((walker) => this.#differences(walker));
        if (wrong.length === 0) wrong = this.#stalePipes();
        return wrong.length === 0 || this.#faults().length > 0;
      },
      'the right picture of the rooms',
      20_000,
    ).catch(() => {});
    if (wrong.length > 0) throw new Error(`seed ${this.random.seed}:\n${wrong.slice(0, 20).join('\n')}`);
    this.#gone.length = 0;
  }

  #faults(): string[] {
    return [...this.#walkers(), ...this.#gone].flatMap(({ faults }) => faults);
  }

  #walkers(): Walker[] {
    return [...this.rooms.values()].flatMap((walkers) => [...walkers.values()]);
  }

  #forget(walker: Walker): void {
    const walkers = this.rooms.get(walker.roomId);
    if (walkers?.get(walker.peerId) === walker) walkers.delete(walker.peerId);
    this.#gone.push(walker);
  }

  /** Different peers, for a client does one thing after the other. */
  #places(count: number): [roomId: string, peerId: string][] {
    const places = new Map<string, [string, string]>();
    while (places.size < count) {
      const roomId = `room ${this.random.below(roomCount)}`;
      const peerId = `${roomId}:${this.random.below(peersPerRoom)}`;
      places.set(peerId, [roomId, peerId]);
    }
    return [...places.values()];
  }

  async #step(roomId: string, peerId: string): Promise<void> {
    const walker = this.rooms.get(roomId)?.get(peerId);
    if (!walker) return await this.#enter(roomId, peerId);
    let chosen = this.random.below(totalWeight);
    for (const [weight, step] of choices) {
      chosen -= weight;
      if (chosen < 0) return await step(this, walker);
    }
  }

  async #enter(roomId: string, peerId: string): Promise<void> {
    const fast = this.random.chance(0.3);
    const ssrc = () => {
      this.#ssrc += 10;
      return this.#ssrc;
    };
    const walker = await Walker.enter({ server: this.server, roomId, peerId, fast, ssrc });
    // A connection that is refused, since no worker runs at the moment, is told to come again.
    if (!walker.closed) this.rooms.get(roomId)?.set(peerId, walker);
    else this.#refused(walker, await walker.end);
  }

  #refused(walker: Walker, { code, reason }: { code: number; reason: string }): void {
    if (code !== 1013) walker.faults.push(`it was not let in: ${code} ${reason}`);
    this.#gone.push(walker);
  }

  #killWorker(): void {
    const workers = this.server.sfu.snapshot().workers.filter(({ pid }) => pid !== null);
    if (workers.length === 0) return;
    // Workers die here more often than the pool would put up with; a minute later it has forgotten that.
    this.skipMinute();
    process.kill(Number(this.random.pick(workers).pid), 'SIGKILL');
  }

  #moveRoom(): void {
    const { rooms, pool } = this.server.sfu;
    const roomIds = [...rooms.keys()];
    const running = pool.slots.filter(({ live }) => live && answers(live));
    if (roomIds.length === 0 || running.length === 0) return;
    const workerIndex = this.random.pick(running).index;
    this.server.sfu.moveRoom({ roomId: this.random.pick(roomIds), workerIndex });
    this.moves += 1;
  }

  /** What routers still note as piped, though nobody publishes it any more. */
  #stalePipes(): string[] {
    return [...this.rooms].flatMap(([roomId, walkers]) => {
      const routers = this.server.sfu.rooms.get(roomId)?.routers.all ?? [];
      const published = [...walkers.values()].flatMap((walker) => [
        ...walker.producers.keys(),
        ...walker.dataProducers,
      ]);
      const piped = routers.flatMap((router) => [...router.piped.keys()]);
      return piped.filter((id) => !published.includes(id)).map((id) => `${roomId}: ${id} is still piped`);
    });
  }

  /** How what a peer knows, and what the server has of it, differs from what is true. */
  #differences(walker: Walker): string[] {
    const { roomId, peerId } = walker;
    const others = [...(this.rooms.get(roomId)?.values() ?? [])].filter((other) => other !== walker);
    const media = others.flatMap(({ producers }) =>
      [...producers].map(([id, { paused }]) => `${id} ${paused}`),
    );
    const wanted = media.filter((line) => !walker.declined.has(line.split(' ')[0] ?? ''));
    const told = [...walker.media.values()].map(({ producerId, paused }) => `${producerId} ${paused}`);
    const data = others.flatMap(({ dataProducers }) => [...dataProducers]);
    const toldData = [...walker.data.values()].map(({ producerId }) => producerId);
    const compare = (what: string, is: readonly string[], should: readonly string[]) => {
      const [left, right] = [is.toSorted().join(), should.toSorted().join()];
      return left === right
        ? []
        : [`${peerId}: ${what}: it has ${left || 'nothing'}, and should have ${right || 'nothing'}`];
    };
    return [
      ...compare(
        'peers',
        [...walker.peers],
        others.map((other) => other.peerId),
      ),
      ...compare('consumers', told, wanted),
      ...compare('data consumers', toldData, data),
      ...this.#serverDifferences(walker, compare),
    ];
  }

  #serverDifferences(
    walker: Walker,
    compare: (what: string, is: readonly string[], should: readonly string[]) => string[],
  ): string[] {
    const room = this.server.sfu.rooms.get(walker.roomId);
    const peer = room?.peers.get(walker.peerId);
    if (!peer?.joined) return [`${walker.peerId}: the server does not have it as joined`];
    const held = (received: Iterable<[string, Received]>) =>
      [...received].map(([id, entry]) => `${id} ${entry.held}`);
    const paused = [...peer.subscriptions].map(([id, { consumer }]) => `${id} ${consumer.paused}`);
    const receivable = [...walker.media.values(), ...walker.data.values()].map(
      ({ producerId }) => producerId,
    );
    return [
      ...compare('transports on the server', [...peer.transports.keys()], [...walker.transports]),
      ...compare('producers on the server', [...peer.publications.keys()], [...walker.producers.keys()]),
      ...compare(
        'data producers on the server',
        [...peer.dataPublications.keys()],
        [...walker.dataProducers],
      ),
      ...compare('consumers on the server', paused, held(walker.media)),
      ...compare('data consumers on the server', [...peer.dataSubscriptions.keys()], [...walker.data.keys()]),
      ...compare('what it is receiving', [...peer.receiving.keys()], receivable),
    ];
  }
}

/** Weak references to the server's objects, by which one sees whether anything still holds them. */
function watchObjects(server: Server): () => { peers: number; rooms: number } {
  const peers: WeakRef<Peer>[] = [];
  const rooms: WeakRef<Room>[] = [];
  server.sfu.events.on('peerConnected', ({ roomId, peerId }) => {
    peers.push(new WeakRef(server.sfu.peer(roomId, peerId)));
  });
  server.sfu.events.on('peerJoined', ({ roomId }) => void rooms.push(new WeakRef(server.sfu.room(roomId))));
  const alive = (refs: WeakRef<object>[]) => new Set(refs.flatMap((ref) => ref.deref() ?? [])).size;
  return () => ({ peers: alive(peers), rooms: alive(rooms) });
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

interface Memory {
  /** Bytes that JavaScript holds. */
  readonly heap: number;
  /** Bytes of the process. */
  readonly resident: number;
}

/** Collects what can be collected and measures, until there is no more than wanted or it takes too long. */
async function settledMemory(isEnough: (memory: Memory) => boolean): Promise<Memory> {
  let memory: Memory = { heap: Number.POSITIVE_INFINITY, resident: Number.POSITIVE_INFINITY };
  const collected = () => {
    Bun.gc(true);
    memory = { heap: heapStats().heapSize, resident: process.memoryUsage.rss() };
    return isEnough(memory);
  };
  await until(collected, 'a small heap', 20_000).catch(() => {});
  return memory;
}

/** Nothing is left of any room, neither in the server nor in its workers. */
async function expectEmpty(server: Server): Promise<void> {
  const { sfu } = server;
  const idle = () =>
    sfu.pool.slots.every(({ live }) => live && Object.values(live.load).every((load) => load === 0));
  await until(() => sfu.rooms.size === 0 && idle(), 'an empty server');
  expect(sfu.snapshot().rooms).toEqual([]);
  const dumps = sfu.pool.slots.map(async ({ live }) => ({
    routers: (await live?.worker.dump())?.routerIds,
    names: (await live?.webRtcServer.dump())?.localIceUsernameFragments,
    held: live && heldBy(live.webRtcServer),
  }));
  expect(await Promise.all(dumps)).toEqual(sfu.pool.slots.map(() => ({ routers: [], names: [], held: 0 })));
}

test('after a random walk of many peers over many rooms nothing is left', async () => {
  const random = seededRandom('random walk');
  let ahead = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => Date.now() + ahead,
    elapsed: () => performance.now() + ahead,
  };
  const loud: string[] = [];
  const log = createLogger({ level: 'error', write: (line) => void loud.push(line) });
  const settings = {
    TUREEN_WORKERS: '2',
    TUREEN_ROOM_CONSUMERS_PER_WORKER: '12',
    TUREEN_EMPTY_ROOM_SECONDS: '0',
    TUREEN_MESSAGES_PER_SECOND: '100000',
  };
  await using server = await startServer(settings, { clock, log });
  const sockets = { opened: 0, closed: 0 };
  server.signaling.events.on('socketOpened', () => {
    sockets.opened += 1;
  });
  server.signaling.events.on('socketClosed', () => {
    sockets.closed += 1;
  });
  const walk = async (count: number) => {
    const walking = new Walk(server, random, () => {
      ahead += 61_000;
    });
    await walking.run(count);
    await walking.end();
    await expectEmpty(server);
    await until(() => sockets.closed === sockets.opened, 'the end of every socket');
    return walking.moves;
  };
  await walk(warmUpSteps);
  let rounds = 0;
  const memoryBefore = await settledMemory(() => {
    rounds += 1;
    return rounds > 5;
  });
  const descriptorsBefore = openDescriptors();
  const alive = watchObjects(server);
  expect(await walk(steps)).toBeGreaterThan(0);
  const memory = await settledMemory(({ heap, resident }) => {
    const { peers, rooms } = alive();
    const few = peers <= mostStrayObjects && rooms <= mostStrayObjects;
    return few && heap - memoryBefore.heap < heapBound && resident - memoryBefore.resident < residentBound;
  });
  const { peers, rooms } = alive();
  const heap = memory.heap - memoryBefore.heap;
  const resident = memory.resident - memoryBefore.resident;
  const deaths = server.sfu.snapshot().workers.reduce((sum, worker) => sum + worker.deaths, 0);
  const kibibytes = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  console.log(
    `${sockets.opened} connections, ${deaths} dead workers; more than before: heap ${kibibytes(heap)}, resident ${kibibytes(resident)}`,
  );
  expect(loud).toEqual([]);
  expect(peers).toBeLessThanOrEqual(mostStrayObjects);
  expect(rooms).toBeLessThanOrEqual(mostStrayObjects);
  await until(() => openDescriptors() <= descriptorsBefore, 'the end of every file descriptor');
  expect(heap).toBeLessThan(heapBound);
  expect(resident).toBeLessThan(residentBound);
});
