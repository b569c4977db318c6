import type { MeshDomain } from '../../src/cluster/domain.ts';
import type { MemoryBucket } from '../../src/cluster/memory-bucket.ts';
import type { MemoryBus, MemoryHub } from '../../src/cluster/memory-bus.ts';
import { Mesh, type MeshOptions } from '../../src/cluster/mesh.ts';
import type { Received } from '../../src/cluster/pipe-traffic.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { PeerEnd, RemoteEnd } from '../../src/core/ends.ts';
import { SfuError } from '../../src/core/errors.ts';
import { createLogger, type Logger } from '../../src/core/log.ts';
import type { RoomTelling } from '../../src/sfu/media/node-link.ts';
import type { NodeRef, PeerShare, ShareChange, SharesOfOthers } from '../../src/sfu/rooms/share.ts';
import { Store } from '../../src/store/store.ts';
import type { TestClock } from '../support/clock.ts';

/** A clock over another one that can leap, as a process sees it that was stopped. */
export class LeapingClock implements Clock {
  #leap = 0;

  constructor(private readonly under: Clock) {}

  leap(milliseconds: number): void {
    this.#leap += milliseconds;
  }

  now(): number {
    return this.under.now() + this.#leap;
  }

  elapsed(): number {
    return this.under.elapsed() + this.#leap;
  }

  after(milliseconds: number, task: () => void): () => void {
    return this.under.after(milliseconds, task);
  }
}

/** The roster of a room as the mesh writes it, and a line for each thing that was written. */
export class RecordingRoster implements SharesOfOthers {
  readonly peers = new Map<string, { peer: PeerShare; life: string }>();
  readonly written: string[] = [];

  put(peer: PeerShare, from: NodeRef): void {
    this.written.push(`put ${peer.peerId}`);
    this.peers.set(peer.sessionId, { peer, life: from.life });
  }

  drop(sessionId: string, from: NodeRef, reason: RemoteEnd): void {
    const known = this.peers.get(sessionId);
    if (known?.life !== from.life) return;
    this.written.push(`drop ${known.peer.peerId} ${reason}`);
    this.peers.delete(sessionId);
  }

  dropNode(life: string, reason: RemoteEnd): void {
    this.written.push(`dropNode ${reason}`);
    for (const [sessionId, { life: of }] of this.peers) if (of === life) this.peers.delete(sessionId);
  }

  replaceNode(from: NodeRef, peers: readonly PeerShare[]): void {
    this.written.push(`replaceNode ${peers.length}`);
    for (const [sessionId, { life }] of this.peers) if (life === from.life) this.peers.delete(sessionId);
    for (const peer of peers) this.peers.set(peer.sessionId, { peer, life: from.life });
  }

  /** Who is in it, with their names. */
  get names(): string[] {
    return [...this.peers.values()].map(({ peer }) => `${peer.peerId}:${peer.displayName}`).sort();
  }
}

/** A domain that has rooms and peers, and nothing else. */
export class TestRooms implements MeshDomain {
  readonly rooms = new Map<string, Map<string, PeerShare>>();
  readonly rosters = new Map<string, RecordingRoster>();
  readonly heard: { roomId: string; message: RoomTelling; payload?: string }[] = [];
  answers: (name: string) => unknown = () => {
    throw new SfuError('not_found', 'there is no such pipe');
  };
  readonly #share = new Set<(roomId: string, change: ShareChange) => void>();
  readonly #room = new Set<(roomId: string, open: boolean) => void>();

  shares(roomId: string): PeerShare[] {
    return [...(this.rooms.get(roomId)?.values() ?? [])];
  }

  onShare(listener: (roomId: string, change: ShareChange) => void): () => void {
    this.#share.add(listener);
    return () => this.#share.delete(listener);
  }

  onRoom(listener: (roomId: string, open: boolean) => void): () => void {
    this.#room.add(listener);
    return () => this.#room.delete(listener);
  }

  roster(roomId: string): RecordingRoster | undefined {
    return this.rosters.get(roomId);
  }

  origin(): undefined {
    return undefined;
  }

  takeOrigin(): void {}

  rules(): undefined {
    return undefined;
  }

  takeRules(): void {}

  onRules(): () => void {
    return () => {};
  }

  async answer(_from: NodeRef, name: string): Promise<never> {
    return this.answers(name) as never;
  }

  told(_from: NodeRef, roomId: string, message: RoomTelling, payload?: Uint8Array): void {
    this.heard.push({
      roomId,
      message,
      ...(payload && { payload: new TextDecoder().decode(payload) }),
    });
  }

  open(roomId: string): RecordingRoster {
    const roster = new RecordingRoster();
    this.rooms.set(roomId, new Map());
    this.rosters.set(roomId, roster);
    for (const listener of this.#room) listener(roomId, true);
    return roster;
  }

  close(roomId: string): void {
    for (const { sessionId } of this.shares(roomId)) this.leave(roomId, sessionId, 'room_closed');
    this.rooms.delete(roomId);
    this.rosters.delete(roomId);
    for (const listener of this.#room) listener(roomId, false);
  }

  /** Puts a peer into a room, or in place of what it was. @returns its session */
  put(roomId: string, peerId: string, more: Partial<PeerShare> = {}): string {
    const peer = peerShare(peerId, more);
    this.rooms.get(roomId)?.set(peer.sessionId, peer);
    for (const listener of this.#share) listener(roomId, { op: 'put', peer });
    return peer.sessionId;
  }

  leave(roomId: string, sessionId: string, reason: PeerEnd = 'left'): void {
    const peer = this.rooms.get(roomId)?.get(sessionId);
    if (!peer) return;
    this.rooms.get(roomId)?.delete(sessionId);
    for (const listener of this.#share)
      listener(roomId, { op: 'drop', sessionId, peerId: peer.peerId, reason });
  }
}

export function peerShare(peerId: string, more: Partial<PeerShare> = {}): PeerShare {
  return {
    peerId,
    sessionId: crypto.randomUUID(),
    epoch: 1,
    subject: peerId,
    program: null,
    state: 'joined',
    displayName: peerId,
    device: {},
    hidden: false,
    metadata: {},
    connectedAt: 1,
    joinedAt: 2,
    handRaisedAt: null,
    publish: true,
    stopped: false,
    publications: [],
    dataPublications: [],
    ...more,
  };
}

export interface TestNodeOptions {
  /** In place of a new one in memory; it is not closed with the node. */
  readonly store?: Store;
  /** In place of the hub's. */
  readonly bucket?: MemoryBucket;
  /** Milliseconds by which its clock is ahead. */
  readonly ahead?: number;
  readonly hub: MemoryHub;
  readonly clock: TestClock;
  readonly name: string;
  readonly options?: Partial<MeshOptions>;
}

/** A node of a mesh in this process, with a domain of its own and a clock that can leap. */
export class TestNode implements AsyncDisposable {
  readonly domain = new TestRooms();
  readonly lines: string[] = [];
  readonly log: Logger;
  readonly clock: LeapingClock;
  readonly bus: MemoryBus;
  readonly mesh: Mesh;
  readonly name: string;
  readonly life: string;
  /** What came over pipes, by life. */
  readonly received = new Map<string, Received>();
  readonly store: Store;
  readonly #ownStore: boolean;

  constructor({ hub, clock, name, store, bucket, ahead = 0, options = {} }: TestNodeOptions) {
    this.log = createLogger({ level: 'debug', write: (line) => this.lines.push(line) });
    this.clock = new LeapingClock(clock);
    this.clock.leap(ahead);
    this.bus = hub.connect(name);
    if (bucket) this.bus.bucket = bucket;
    const self = { name, life: crypto.randomUUID(), ...options.self };
    this.name = name;
    this.life = self.life;
    this.store = store ?? new Store({ log: this.log, clock: this.clock });
    this.#ownStore = store === undefined;
    this.mesh = new Mesh({
      installation: `installation of ${name}`,
      formerLife: null,
      bus: this.bus,
      dataBus: hub.connect(name),
      domain: this.domain,
      about: () => ({
        ...{
          region: null,
          url: null,
          pipeAddress: '127.0.0.1',
          release: '1',
          draining: false,
          drainDeadline: null,
        },
        ...{ rooms: this.domain.rooms.size, peers: 0 },
      }),
      received: () => Promise.resolve(this.received),
      facts: this.store.facts,
      staleSeconds: 60,
      log: this.log,
      clock: this.clock,
      ...options,
      self,
    });
  }

  /** The lines of its log with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.message === message);
  }

  get others(): string[] {
    return [...this.mesh.presence.nodes.values()]
      .map(({ name, stale }) => (stale ? `${name} (stale)` : name))
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mesh.close();
    if (this.#ownStore) this.store.close();
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock in small steps, so that what one step says is heard before the next. */
export async function pass(clock: TestClock, milliseconds: number): Promise<void> {
  await settle();
  for (let left = milliseconds; left > 0; left -= 100) {
    clock.advance(Math.min(100, left));
    await settle();
  }
}
