import { type Actor, serverActor } from '../../core/actors.ts';
import { changeAttributes } from '../../core/attributes.ts';
import { stopwatch } from '../../core/clock.ts';
import type { PeerEnd, RejoinReason, RoomEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import type { Identity } from '../../core/grants.ts';
import type { Logger } from '../../core/log.ts';
import type { SfuBus } from '../events.ts';
import { shareCapabilities } from '../media/codecs.ts';
import { RoomObservers } from '../media/observers.ts';
import { type RoomRouter, RoomRouters } from '../media/routers.ts';
import type { LiveWorker } from '../media/workers.ts';
import { Attendance, standingOf } from './attendance.ts';
import { refuseEntry } from './entry.ts';
import { expectData } from './expecting-data.ts';
import { loseRouters } from './losing-routers.ts';
import { attachObservers } from './observing.ts';
import { type LocalDataPublication, type LocalPublication, Peer, type PeerLink } from './peer.ts';
import type { DataPublication, Publication } from './publication.ts';
import { ofJoined, PublishedHere } from './published-here.ts';
import type { RemotePeer } from './remote-peer.ts';
import { Restrictions } from './restrictions.ts';
import type { JoinOptions, RoomContext } from './room-context.ts';
import { endingsOfPeers } from './room-ends.ts';
import { RoomMesh } from './room-mesh.ts';
import type { RoomChanges, RoomOptions } from './room-options.ts';
import { reportSpeakers } from './room-speakers.ts';
import { tellEnd } from './telling-ends.ts';
import { limitsOfWorkers } from './worker-limits.ts';

/** One conference: who is in it, on which routers, and who speaks. What peers send and receive is beside it. */
export class Room {
  /** Those whose socket and media are on this node. */
  readonly peers = new Map<string, Peer>();
  /** Those on their way from or to another node, by session: they are in no list and no count. */
  readonly passages = new Map<string, Peer>();
  readonly attendance = new Attendance();
  /** What they send, by the ids of producers and data producers. */
  readonly published = new PublishedHere();
  /** What of it is on other nodes; undefined for a node alone. */
  readonly mesh: RoomMesh | undefined;
  readonly routers: RoomRouters;
  readonly observers: RoomObservers;
  readonly restrictions = new Restrictions();
  readonly openedAt: number;
  /** Milliseconds since it was opened. */
  readonly age: () => number;
  readonly log: Logger;
  locked = false;
  /** Bits a second that each transport of it may send at most; null for what the settings say. */
  bitrateCap: number | null = null;
  closed = false;
  #cancelEmpty: () => void = () => {};

  private constructor(
    readonly id: string,
    readonly context: RoomContext,
    public options: RoomOptions,
  ) {
    const { settings, events, log, clock, pool } = context;
    this.openedAt = clock.now();
    this.age = stopwatch(clock);
    this.log = log.child({ roomId: id });
    this.routers = new RoomRouters({
      pool,
      codecs: options.codecs ?? settings.codecs,
      ...limitsOfWorkers(this),
      onLost: (lost) => this.#routersLost([lost], 'worker_died'),
      onOpened: (opened) => this.#routerOpened(opened),
    });
    this.mesh = context.mesh && new RoomMesh(this, context.mesh);
    this.observers = new RoomObservers(this.mesh?.speakers ?? reportSpeakers(id, events));
  }

  /** Opens a room on the least loaded worker. @throws SfuError worker_unavailable */
  static async open(id: string, context: RoomContext, options: RoomOptions = {}): Promise<Room> {
    const room = new Room(id, context, options);
    await room.routers.place();
    room.#watchEmpty();
    return room;
  }

  get events(): SfuBus {
    return this.context.events;
  }

  /** Those on this node, with those on their way from or to another one. */
  get everyone(): Peer[] {
    return [...this.peers.values(), ...this.passages.values()];
  }

  /** Whether nobody on this node is in it, or on the way from or to another one. */
  get isEmpty(): boolean {
    return this.peers.size + this.passages.size === 0;
  }

  /** Those on this node that take part in the call. */
  get joinedPeers(): Peer[] {
    return [...this.peers.values()].filter((peer) => peer.joined);
  }

  /** What the peers on this node publish. */
  get localPublications(): LocalPublication[] {
    return ofJoined(this.published.media);
  }

  /** The data channels on which the peers on this node send. */
  get localDataPublications(): LocalDataPublication[] {
    return ofJoined(this.published.data);
  }

  /** Every publication that peers on this node may receive, wherever its media is. */
  get publications(): readonly Publication[] {
    return [...this.localPublications, ...(this.mesh?.published.media.values() ?? [])];
  }

  /** Every data channel that peers on this node may receive. */
  get dataPublications(): readonly DataPublication[] {
    return [...this.localDataPublications, ...(this.mesh?.published.data.values() ?? [])];
  }

  findPublication(id: string): Publication | undefined {
    return this.published.inCall(id) ?? this.mesh?.published.media.get(id);
  }

  findDataPublication(id: string): DataPublication | undefined {
    return this.published.dataInCall(id) ?? this.mesh?.published.data.get(id);
  }

  /** @throws SfuError not_found */
  publication(id: string): Publication {
    const found = this.findPublication(id);
    if (found) return found;
    throw new SfuError('not_found', `nobody in the room has a producer "${id}"; it may have ended`);
  }

  /**
   * Lets a connection in as a peer that has not joined yet. An older connection of the same peer is replaced.
   * @throws SfuError room_locked, room_full, room_closed, and wrong_state for a program whose peer id somebody else has
   */
  enter(identity: Identity, link: PeerLink): Peer {
    if (this.closed)
      throw new SfuError('room_closed', 'the room was closed at this moment; connect again for a new one');
    const older = this.peers.get(identity.peerId);
    const { maxPeers = this.context.settings.maxPeersPerRoom } = this.options;
    const { peers, locked } = this;
    refuseEntry({ peers, remote: this.mesh?.roster.peers, locked, maxPeers }, identity);
    if (older)
      this.removePeer(older, 'replaced', { detail: 'you connected to this room again from elsewhere' });
    const { clock, media } = this.context;
    const publish = this.restrictions.publishOf(identity);
    const elsewhere = this.mesh?.roster.greatestEpoch(identity.peerId) ?? 0;
    const epoch = Math.max(older?.epoch ?? 0, elsewhere) + 1;
    const peer = new Peer({ identity, link, clock, media, publish, epoch });
    this.peers.set(peer.id, peer);
    this.attendance.entered(peer);
    this.#cancelEmpty();
    this.mesh?.roster.localChanged(peer.id);
    this.events.emit('peerConnected', { ...peer.ref, address: identity.address, hidden: peer.hidden });
    this.expectJoin(peer);
    return peer;
  }

  /** Makes a connected peer a participant. */
  join(peer: Peer, options: JoinOptions): void {
    if (peer.state.name !== 'connected')
      throw new SfuError('wrong_state', 'you have joined this room already');
    if (peer.joinedAt === undefined && options.attributes)
      peer.attributes = changeAttributes(peer.attributes, options.attributes);
    peer.cancelJoinTimeout();
    peer.displayName = peer.identity.displayName ?? options.displayName;
    peer.device = options.device;
    const { autoSubscribe, videoLimit, watched, audience = false } = options;
    const rtpCapabilities = options.rtpCapabilities && shareCapabilities(options.rtpCapabilities);
    peer.state = { name: 'joined', rtpCapabilities, autoSubscribe, videoLimit, watched };
    const isSmall = this.turnout.count < this.context.settings.announcedAudience;
    peer.standing = standingOf(peer, { audience, isSmall });
    const { displayName, hidden, rejoinAge = peer.age } = peer;
    peer.rejoinAge = undefined;
    // The others know it from where it comes from.
    if (peer.passage) return;
    this.attendance.joined(peer);
    // Before others learn that it is there: what they send from then on is meant for it, too.
    if (peer.consumingTransport()?.type === 'webrtc') expectData(this.dataPublications, peer);
    const name = peer.joinedAt === undefined ? 'peerJoined' : 'peerRejoined';
    peer.joinedAt ??= this.context.clock.now();
    this.events.emit(name, { ...peer.ref, displayName, hidden, duration: rejoinAge() });
  }

  /** Every peer of a subject, those that are moving among them. */
  peersOf(subject: string): Peer[] {
    return this.attendance.ofSubject(subject);
  }

  /** The others in the call who are listed, on every node. */
  othersOf(peer: Peer): (Peer | RemotePeer)[] {
    const listed = [...this.attendance.listed].filter((other) => other.id !== peer.id);
    // Its former session, while it moves here.
    const elsewhere = [...(this.mesh?.roster.seats.listed ?? [])].filter((other) => other.id !== peer.id);
    return [...listed, ...elsewhere];
  }

  /** How many are in the call, and how many of them are counted only. */
  get turnout(): { readonly count: number; readonly audience: number } {
    const here = this.attendance;
    const { count = 0, audience: { size = 0 } = {} } = this.mesh?.roster.seats ?? {};
    return { count: here.count + count, audience: here.audience.size + size };
  }

  /** Ends a peer with all that it has, and emits `peerLeft`. Does nothing for one that has ended already. */
  removePeer(peer: Peer, reason: PeerEnd, options: { detail?: string; by?: Actor } = {}): void {
    if (peer.closed) return;
    const { detail = '', by = serverActor } = options;
    peer.cancelJoinTimeout();
    peer.absence?.cancel();
    peer.state = { name: 'closed', reason };
    if (this.peers.get(peer.id) === peer) this.peers.delete(peer.id);
    this.passages.delete(peer.sessionId);
    this.attendance.left(peer);
    for (const { audience } of this.dataPublications) audience.settle(peer.sessionId);
    peer.closeTransports('peer_left');
    tellEnd(this.events, peer, { reason, detail, by });
    this.mesh?.roster.localChanged(peer.id);
    this.#watchEmpty();
  }

  setLocked(locked: boolean, by: Actor): void {
    if (this.locked === locked) return;
    this.locked = locked;
    this.events.emit('roomLocked', { roomId: this.id, locked, by });
  }

  /** Takes over what is given; undefined goes back to the settings. Who is in a room that got smaller stays. */
  change(changes: RoomChanges, by: Actor): void {
    this.takeOptions(changes);
    this.events.emit('roomChanged', { roomId: this.id, by });
  }

  takeOptions(changes: RoomChanges): void {
    this.options = { ...this.options, ...changes };
    this.#watchEmpty();
  }

  /** Builds the room again on another worker; its peers stay connected and are asked to rejoin. */
  move(target: LiveWorker): void {
    // Before their routers: what is measured of them a last time is still there.
    for (const peer of this.everyone) peer.closeTransports('rejoin');
    this.#routersLost(this.routers.retire(target), 'moved');
  }

  close(reason: RoomEnd, by: Actor = serverActor): void {
    if (this.closed) return;
    this.closed = true;
    this.#cancelEmpty();
    const { peerEnd, detail } = endingsOfPeers[reason];
    for (const peer of this.everyone) this.removePeer(peer, peerEnd, { by, detail });
    this.mesh?.close();
    this.routers.close();
    this.context.onClosed(this.id);
    this.events.emit('roomClosed', { roomId: this.id, reason, duration: this.age(), by });
  }

  /** Waits for a peer to join: from now on, also when it was waited for already. Does nothing for one that has joined. */
  expectJoin(peer: Peer): void {
    if (peer.state.name !== 'connected') return;
    const seconds = this.context.settings.joinSeconds;
    peer.cancelJoinTimeout();
    peer.cancelJoinTimeout = this.context.clock.after(seconds * 1000, () =>
      this.removePeer(peer, 'join_timeout', {
        detail: `you did not join within ${seconds} seconds; connect again and join`,
      }),
    );
  }

  /** Keeps it open until then, also while nobody is in it. */
  async keepUntil(then: Promise<unknown>): Promise<void> {
    this.#cancelEmpty();
    await then;
    this.#watchEmpty();
  }

  #watchEmpty(): void {
    if (this.closed || !this.isEmpty) return;
    this.#cancelEmpty();
    const { emptySeconds = this.context.settings.emptyRoomSeconds } = this.options;
    this.#cancelEmpty = this.context.clock.after(emptySeconds * 1000, () => {
      if (this.isEmpty) this.close('empty');
    });
  }

  #routerOpened(opened: RoomRouter): void {
    if (this.routers.home === opened) attachObservers(this, opened);
    else this.events.emit('roomSpread', { roomId: this.id, workerIndex: opened.live.index });
  }

  #routersLost(lost: readonly RoomRouter[], reason: RejoinReason): void {
    if (!this.closed) loseRouters(this, lost, reason);
  }
}
