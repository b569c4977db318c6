import { type Actor, serverActor } from '../core/actors.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { PeerEnd } from '../core/ends.ts';
import { SfuError } from '../core/errors.ts';
import type { Grants, Identity } from '../core/grants.ts';
import type { Logger } from '../core/log.ts';
import { EventBus } from './events.ts';
import type { RtpPlace } from './media/rtp-place.ts';
import { type LiveWorker, WorkerPool, type WorkerPoolOptions } from './media/workers.ts';
import { Drain, type DrainResult } from './rooms/drain.ts';
import type { Peer, PeerLink, Publication } from './rooms/peer.ts';
import { allowPublication, closePublication, mutePublication } from './rooms/publishing.ts';
import { Room, type RoomContext } from './rooms/room.ts';
import type { RoomChanges, RoomOptions } from './rooms/room-options.ts';
import type { SfuSettings } from './rooms/settings.ts';
import { type NodeSnapshot, takeSnapshot } from './rooms/snapshot.ts';
import { capBitrate } from './rooms/transports.ts';

export interface SfuOptions {
  settings: SfuSettings;
  workers: Pick<WorkerPoolOptions, 'count' | 'listenInfos' | 'workerBin'>;
  /** Where RTP without WebRTC goes in and out. */
  rtp: RtpPlace;
  log: Logger;
  clock?: Clock;
  /** Asked before a connection enters a room: an error refuses it. This is where bans come in. */
  admission?: (identity: Identity) => SfuError | undefined;
  /** Why new calls should go elsewhere, beside what the domain knows of. */
  unreadyReasons?: () => readonly string[];
}

/** By then whoever chooses a server for new calls has seen that this one is not ready any more. */
const retryHint = 'in 10 seconds';

/**
 * The rooms of this node and the commands on them. Signaling, the admin page and the REST API call the same
 * commands; every change is told on `events`.
 */
export class Sfu {
  readonly rooms = new Map<string, Room>();
  readonly events: EventBus;
  readonly pool: WorkerPool;
  readonly #opening = new Map<string, Promise<Room>>();
  readonly #context: RoomContext;
  readonly #clock: Clock;
  readonly #drain: Drain;
  #closed = false;

  constructor(private readonly options: SfuOptions) {
    const { settings, rtp, log, clock = systemClock } = options;
    this.#clock = clock;
    this.events = new EventBus(log);
    this.pool = new WorkerPool({ ...options.workers, events: this.events, log, clock });
    const onClosed = (room: Room) => void this.rooms.delete(room.id);
    this.#context = { settings, events: this.events, log, clock, pool: this.pool, rtp, onClosed };
    const idle = () => [...this.rooms.values()].every((room) => room.peers.size === 0);
    this.#drain = new Drain({ events: this.events, clock, idle, end: () => this.#endCalls('draining') });
    this.events.on('peerLeft', ({ reason }) => {
      // Whoever is replaced has just come back, and its room only looks empty for this moment.
      if (reason !== 'replaced') this.#drain.peerGone();
    });
  }

  /** Starts the workers. */
  async start(): Promise<void> {
    await this.pool.start();
  }

  /**
   * Lets a connection into a room, which is opened when it is not there.
   * @throws SfuError draining, room_locked, room_full or worker_unavailable, and what `admission` refuses with
   */
  async enter(identity: Identity, link: PeerLink): Promise<Peer> {
    this.#admit(identity);
    const present = this.rooms.get(identity.roomId);
    if (present) this.#checkDrain(present, identity.peerId);
    const room = present ?? (await this.#open(identity.roomId));
    // A ban may have come while the room was being opened.
    this.#admit(identity);
    return room.enter(identity, link);
  }

  /**
   * Opens a room before anybody enters it. @throws SfuError wrong_state when it is there already, draining,
   *   worker_unavailable
   */
  async createRoom({ roomId, options = {} }: { roomId: string; options?: RoomOptions }): Promise<Room> {
    if (this.rooms.has(roomId) || this.#opening.has(roomId))
      throw new SfuError('wrong_state', `there is a room "${roomId}" already; change it, or close it first`);
    return await this.#open(roomId, options);
  }

  /** Changes what a room is like. @throws SfuError not_found */
  changeRoom({ roomId, changes, by }: { roomId: string; changes: RoomChanges; by: Actor }): void {
    this.room(roomId).change(changes, by);
  }

  /** @throws SfuError not_found */
  room(roomId: string): Room {
    const room = this.rooms.get(roomId);
    if (room) return room;
    throw new SfuError('not_found', `there is no room "${roomId}" on this node; it may have ended`);
  }

  /** @throws SfuError not_found */
  peer(roomId: string, peerId: string): Peer {
    const peer = this.room(roomId).peers.get(peerId);
    if (peer) return peer;
    throw new SfuError('not_found', `there is no peer "${peerId}" in room "${roomId}"; it may have left`);
  }

  /** Puts a peer out of its room. Its socket and transports are closed when this returns. */
  removePeer(target: { roomId: string; peerId: string; reason: string; by: Actor }): void {
    const { roomId, peerId, by } = target;
    const detail = target.reason || 'a moderator removed you from the room';
    this.room(roomId).removePeer(this.peer(roomId, peerId), 'removed', { detail, by });
  }

  /** Mutes a producer until a moderator allows it again. */
  async muteProducer(target: {
    roomId: string;
    peerId: string;
    producerId: string;
    by: Actor;
  }): Promise<void> {
    await mutePublication(this.room(target.roomId), this.#publication(target), target.by);
  }

  allowProducer(target: { roomId: string; peerId: string; producerId: string; by: Actor }): void {
    allowPublication(this.room(target.roomId), this.#publication(target), target.by);
  }

  closeProducer(target: { roomId: string; peerId: string; producerId: string; by: Actor }): void {
    closePublication(this.#publication(target), 'moderator', target.by);
  }

  /** Sets the metadata of a peer in place of what there was. It lasts until the peer connects anew. */
  setPeerMetadata(target: {
    roomId: string;
    peerId: string;
    metadata: Readonly<Record<string, unknown>>;
    by: Actor;
  }): void {
    const { roomId, peerId, metadata, by } = target;
    const peer = this.peer(roomId, peerId);
    peer.metadata = metadata;
    this.events.emit('peerMetadataChanged', { ...peer.ref, metadata, by });
  }

  /** Sets what a peer may publish from now on and ends what it may not any more. */
  setPublish(target: { roomId: string; peerId: string; publish: Grants['publish']; by: Actor }): void {
    const { publish, by } = target;
    const peer = this.peer(target.roomId, target.peerId);
    peer.publish = publish;
    for (const publication of [...peer.publications.values()]) {
      if (!peer.mayPublish(publication.source)) closePublication(publication, 'not_allowed', by);
    }
    if (!peer.mayPublish('data')) {
      for (const { dataProducer } of [...peer.dataPublications.values()]) dataProducer.close();
    }
    this.events.emit('peerPermissionsChanged', { ...peer.ref, publish, by });
  }

  /** Sends a text to everyone in a room, or to one peer. */
  notice(target: { roomId: string; peerId?: string; message: string; by: Actor }): void {
    const { roomId, peerId, message, by } = target;
    if (peerId === undefined) this.events.emit('roomNotice', { roomId: this.room(roomId).id, message, by });
    else this.events.emit('peerNotice', { ...this.peer(roomId, peerId).ref, message, by });
  }

  setRoomLocked(target: { roomId: string; locked: boolean; by: Actor }): void {
    this.room(target.roomId).setLocked(target.locked, target.by);
  }

  /** Limits the bits a second that each transport of a room may send; null goes back to the setting. */
  async capBitrate({ roomId, bitrate }: { roomId: string; bitrate: number | null }): Promise<void> {
    await capBitrate(this.room(roomId), bitrate);
  }

  closeRoom(target: { roomId: string; by: Actor }): void {
    this.room(target.roomId).close('closed', target.by);
  }

  /** Builds a room anew on another worker. @throws SfuError not_found for a worker that does not run */
  moveRoom(target: { roomId: string; workerIndex: number }): void {
    const live: LiveWorker | undefined = this.pool.slots[target.workerIndex]?.live;
    if (!live)
      throw new SfuError('not_found', `there is no running worker with the index ${target.workerIndex}`);
    this.room(target.roomId).move(live);
  }

  /** When the drain ends, in milliseconds since the epoch; null when there is none. */
  get drainDeadline(): number | null {
    return this.#drain.deadline;
  }

  /** Takes no new rooms and ends all calls at the deadline. Resolves when it is over. */
  drain(options: { milliseconds: number; by?: Actor }): Promise<DrainResult> {
    return this.#drain.start(options);
  }

  /** Takes new rooms again. @throws SfuError wrong_state when there is no drain */
  cancelDrain(by: Actor): void {
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
    return takeSnapshot(this, this.#clock.now());
  }

  /** Ends every call and every worker. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endCalls('server_closed');
    this.pool.close();
  }

  #admit(identity: Identity): void {
    const refusal = this.options.admission?.(identity);
    if (refusal) throw refusal;
  }

  /** Who is in the room and lost the connection may come back in any case. */
  #checkDrain(room: Room, peerId: string): void {
    const { drainJoins } = this.options.settings;
    if (this.drainDeadline === null || drainJoins === 'allow' || room.peers.has(peerId)) return;
    throw new SfuError(
      'draining',
      `this server is about to end and lets nobody new in; connect again ${retryHint} to reach another`,
    );
  }

  async #open(roomId: string, options?: RoomOptions): Promise<Room> {
    if (this.drainDeadline !== null || this.#closed) {
      throw new SfuError(
        'draining',
        `this server is about to end and opens no rooms; connect again ${retryHint} to reach another`,
      );
    }
    const opening = this.#opening.get(roomId) ?? this.#create(roomId, options);
    return await opening;
  }

  #create(roomId: string, options?: RoomOptions): Promise<Room> {
    const opening = Room.open(roomId, this.#context, options)
      .then((room) => {
        this.rooms.set(roomId, room);
        if (this.#closed) room.close('server_closed');
        return room;
      })
      .finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    return opening;
  }

  #publication(target: { roomId: string; peerId: string; producerId: string }): Publication {
    return this.peer(target.roomId, target.peerId).publication(target.producerId);
  }

  #endCalls(reason: Extract<PeerEnd, 'draining' | 'server_closed'>): number {
    const peers = [...this.rooms.values()].reduce((sum, room) => sum + room.peers.size, 0);
    for (const room of [...this.rooms.values()]) room.close(reason, serverActor);
    return peers;
  }
}
