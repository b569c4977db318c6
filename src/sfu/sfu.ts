import { serverActor } from '../core/actors.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { EventBus } from '../core/event-bus.ts';
import type { Identity, PublishDecision } from '../core/grants.ts';
import type { Logger } from '../core/log.ts';
import type { NodeStress } from '../core/stress.ts';
import { Captures } from './capture/captures.ts';
import { Entrance } from './entrance.ts';
import type { PeerRef, SfuBus } from './events.ts';
import { Fullness } from './full.ts';
import type { RtpPlace } from './media/rtp-place.ts';
import { WorkerPool, type WorkerPoolOptions } from './media/workers.ts';
import * as decide from './rooms/deciding.ts';
import { Drain, type DrainResult } from './rooms/drain.ts';
import { type Among, type Fits, findPeer, findPeers } from './rooms/finding.ts';
import { MediaIndex } from './rooms/media-index.ts';
import { type Arriving, arrive } from './rooms/moving.ts';
import type { Peer, PeerLink } from './rooms/peer.ts';
import { closePublication, type SubjectSource } from './rooms/publishing.ts';
import { ReadModel } from './rooms/read-model.ts';
import { RoomRegistry } from './rooms/registry.ts';
import type { Room } from './rooms/room.ts';
import type { RoomChanges } from './rooms/room-options.ts';
import { rulesOf } from './rooms/room-rules.ts';
import type { SfuSettings } from './rooms/settings.ts';
import { requireFirst } from './rooms/settling.ts';
import { type NodeSnapshot, type RoomSnapshot, roomSnapshot } from './rooms/snapshot.ts';
import { closeSubscription, pauseSubscription, resumeSubscription } from './rooms/subscribing.ts';
import type { Remains } from './rooms/traces.ts';
import { SfuMesh } from './sfu-mesh.ts';
import type { ConsumerTarget, NewRoom, PeerTarget, ProducerTarget, RoomTarget } from './targets.ts';

export interface SfuOptions {
  settings: SfuSettings;
  workers: Pick<WorkerPoolOptions, 'count' | 'listenInfos' | 'workerBin' | 'restore'>;
  /** Where RTP without WebRTC goes in and out. */
  rtp: RtpPlace;
  log: Logger;
  clock?: Clock;
  /** Asked before a connection enters a room: an error refuses it. This is where bans come in. */
  admission?: (identity: Identity) => SfuError | undefined;
  /** Why new calls should go elsewhere, beside what the domain knows of. */
  unreadyReasons?: () => readonly string[];
  /** How near the host is to the end of what it has; nothing is measured by default. */
  stress?: () => NodeStress;
  /** The stress from which on nobody new is let in; never by default. */
  fullAt?: () => number;
}

/**
 * The rooms of this node and the commands on them. Signaling, the admin page and the REST API call the same
 * commands, by id; every change is announced on `events`.
 */
export class Sfu {
  readonly events: SfuBus;
  readonly pool: WorkerPool;
  /** Transports, producers and consumers, for those who measure. */
  readonly media = new MediaIndex();
  /** What everyone outside of the domain reads. */
  readonly read: ReadModel;
  /** What it has to do with other nodes. */
  readonly mesh: SfuMesh;
  /** What peers send, as files for an analyser. */
  readonly captures: Captures;
  readonly #registry: RoomRegistry;
  readonly #clock: Clock;
  readonly #drain: Drain;
  readonly #entrance: Entrance;
  readonly #fullness: Fullness;
  #closed = false;

  constructor(private readonly options: SfuOptions) {
    const { settings, rtp, log, clock = systemClock, stress } = options;
    this.#clock = clock;
    this.events = new EventBus(log);
    const { events, media } = this;
    this.pool = new WorkerPool({ ...options.workers, events, log, clock });
    this.#registry = new RoomRegistry({ settings, events, log, clock, pool: this.pool, rtp, media });
    this.mesh = new SfuMesh({ registry: this.#registry, events, clock, log });
    this.read = new ReadModel({ sources: this, registry: this.#registry, media, clock, stress });
    this.#fullness = new Fullness({ events, clock, stress, read: this.read, fullAt: options.fullAt });
    this.captures = new Captures({ peer: this.peer.bind(this), events, clock, log });
    const idle = () => [...this.rooms.values()].every(({ isEmpty }) => isEmpty);
    this.#drain = new Drain({ events, clock, idle, end: () => this.#registry.close('draining') });
    this.#entrance = new Entrance({
      ...{ registry: this.#registry, mesh: this.mesh, drainJoins: settings.drainJoins },
      ends: () => this.drainDeadline !== null || this.#closed,
      admit: (identity) => this.admit(identity),
      fullness: this.#fullness,
    });
    events.on('peerDeparted', () => this.#drain.peerGone());
    events.on('peerLeft', ({ reason }) => {
      // A replaced peer has just come back, and its room only looks empty for this moment.
      if (reason !== 'replaced') this.#drain.peerGone();
    });
  }

  get rooms(): ReadonlyMap<string, Room> {
    return this.#registry.rooms;
  }

  /** Starts the workers. */
  async start(): Promise<void> {
    await this.pool.start();
  }

  /**
   * Lets a connection into a room, which is opened when it is not there.
   * @param check refuses by throwing, before an older connection of the same peer is replaced
   * @throws SfuError draining, busy, room_locked, room_full or worker_unavailable, and what `admission` and `check` refuse with
   */
  async enter(identity: Identity, link: PeerLink, check?: (room: Room) => void): Promise<Peer> {
    const room = await this.#entrance.roomFor(identity);
    check?.(room);
    return room.enter(identity, link);
  }

  /**
   * Lets a peer of another node in beside its session there (`arrive`).
   * @throws SfuError draining, worker_unavailable, room_closed, and what `admission` refuses with
   */
  async arrive(arriving: Arriving): Promise<Peer> {
    const room = await this.#entrance.roomFor(arriving.identity);
    return arrive(room, arriving);
  }

  /**
   * Opens a room before anybody enters it. @throws SfuError wrong_state when it is there, also on another node; draining,
   * worker_unavailable
   */
  async createRoom({ roomId, options = {}, by = serverActor }: NewRoom): Promise<RoomSnapshot> {
    if (this.#registry.has(roomId))
      throw new SfuError('wrong_state', `there is a room "${roomId}" already; change it, or close it first`);
    const room = await this.#entrance.open(roomId, options);
    await this.mesh.settling(roomId);
    requireFirst(room);
    room.mesh?.rules.set(rulesOf(options), by);
    return roomSnapshot(room);
  }

  /** @throws SfuError not_found */
  room(roomId: string): Room {
    return this.#registry.room(roomId);
  }

  /** @throws SfuError not_found */
  peer(roomId: string, peerId: string): Peer {
    return this.#registry.peer(roomId, peerId);
  }

  /** The peers whose identity fits, those that are moving among them. */
  findPeers(fits: Fits, among?: Among): PeerRef[] {
    return findPeers(this.rooms, fits, among);
  }

  /** Changes what a room is like. @throws SfuError not_found */
  changeRoom({ roomId, changes, by }: RoomTarget & { changes: RoomChanges }): void {
    decide.change(this.room(roomId), changes, by);
  }

  /**
   * Removes a peer from its room, and every other peer of its subject there. Their transports are closed when this
   * returns.
   * @returns what is left once their sockets and all that others receive of them are closed, or after five seconds
   */
  async removePeer({ roomId, peerId, by, reason }: PeerTarget & { reason: string }): Promise<Remains> {
    const room = this.room(roomId);
    const { identity } = findPeer(room, peerId);
    const peers = room.peersOf(identity.subject);
    const detail = reason || 'a moderator removed you from the room';
    for (const peer of peers) room.removePeer(peer, 'removed', { detail, by });
    const left = peers.map(({ traces }) => traces.whenGone({ clock: this.#clock }));
    return [...new Set((await Promise.all(left)).flat())];
  }

  /**
   * Mutes a producer, and all else that its subject sends from that source, until a moderator allows it again.
   */
  async muteProducer(target: ProducerTarget): Promise<void> {
    await decide.mute(this.room(target.roomId), this.#subjectSource(target));
  }

  allowProducer(target: ProducerTarget): void {
    decide.allow(this.room(target.roomId), this.#subjectSource(target));
  }

  closeProducer(target: ProducerTarget): void {
    closePublication(this.#publication(target), 'moderator', target.by);
  }

  /** Holds what a peer receives; its client is notified, and may resume it. */
  async pauseConsumer(target: ConsumerTarget): Promise<void> {
    await pauseSubscription(this.room(target.roomId), this.#subscription(target), 'moderator');
  }

  async resumeConsumer(target: ConsumerTarget): Promise<void> {
    await resumeSubscription(this.room(target.roomId), this.#subscription(target), 'moderator');
  }

  closeConsumer(target: ConsumerTarget): void {
    closeSubscription(this.#subscription(target), 'moderator');
  }

  /** Sets the metadata of a peer in place of what there was. It lasts until the peer connects again. */
  setPeerMetadata(target: PeerTarget & { metadata: Readonly<Record<string, unknown>> }): void {
    const { roomId, peerId, metadata, by } = target;
    const peer = this.peer(roomId, peerId);
    peer.metadata = metadata;
    this.events.emit('peerMetadataChanged', { ...peer.ref, metadata, by });
  }

  /** Sets what the subject of a peer may publish from now on and ends what it may not any more. */
  setPublish({ roomId, peerId, publish, by }: PeerTarget & { publish: PublishDecision }): void {
    const room = this.room(roomId);
    const { subject } = this.peer(roomId, peerId).identity;
    decide.restrict(room, { subject, publish, by });
  }

  /** Sends a text to everyone in a room, or to one peer. */
  notice({ roomId, peerId, message, by }: RoomTarget & { peerId?: string; message: string }): void {
    if (peerId === undefined) this.events.emit('roomNotice', { roomId: this.room(roomId).id, message, by });
    else this.events.emit('peerNotice', { ...this.peer(roomId, peerId).ref, message, by });
  }

  setRoomLocked({ roomId, locked, by }: RoomTarget & { locked: boolean }): void {
    decide.lock(this.room(roomId), locked, by);
  }

  /** Limits the bits a second that each transport of a room may send; null goes back to the setting. */
  async capBitrate({ roomId, bitrate, by }: RoomTarget & { bitrate: number | null }): Promise<void> {
    await decide.cap(this.room(roomId), bitrate, by);
  }

  closeRoom({ roomId, by }: RoomTarget): void {
    this.room(roomId).close('closed', by);
  }

  /** Builds a room again on another worker. @throws SfuError not_found for a worker that does not run or answer */
  moveRoom({ roomId, workerIndex }: { roomId: string; workerIndex: number }): void {
    this.room(roomId).move(this.pool.running(workerIndex));
  }

  /** When the drain ends, in milliseconds since the epoch; null when there is none. */
  get drainDeadline(): number | null {
    return this.#drain.deadline;
  }

  /** Takes no new rooms and ends all calls at the deadline. Resolves when it is over. */
  drain(options: { milliseconds: number; by?: RoomTarget['by'] }): Promise<DrainResult> {
    return this.#drain.start(options);
  }

  /** Takes new rooms again. @throws SfuError wrong_state when there is no drain */
  cancelDrain(by: RoomTarget['by']): void {
    this.#drain.cancel(by);
  }

  /** Why new calls should go elsewhere; empty when the node is ready. */
  unreadyReasons(): string[] {
    const pool = this.pool.unreadyReason();
    const draining = this.drainDeadline === null ? [] : ['the node is draining'];
    return [...(pool ? [pool] : []), ...draining, ...(this.options.unreadyReasons?.() ?? [])];
  }

  /** What is there now, as plain data. */
  snapshot(): NodeSnapshot {
    return this.read.node();
  }

  /** Ends every call and every worker. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.captures.close();
    this.#registry.close('server_closed');
    this.pool.close();
  }

  /** @throws SfuError for somebody who may not be in a room: a ban, or a token that a removal made void */
  admit(identity: Identity): void {
    const refusal = this.options.admission?.(identity);
    if (refusal) throw refusal;
  }

  #publication({ roomId, peerId, producerId }: ProducerTarget) {
    return this.peer(roomId, peerId).publication(producerId);
  }

  #subjectSource(target: ProducerTarget): SubjectSource {
    const { peer, info } = this.#publication(target);
    return { subject: peer.identity.subject, source: info.source, by: target.by };
  }

  #subscription({ roomId, peerId, consumerId }: ConsumerTarget) {
    return this.peer(roomId, peerId).subscription(consumerId);
  }
}
