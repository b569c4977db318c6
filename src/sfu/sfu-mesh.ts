import type { types } from 'mediasoup';
import type { Clock } from '../core/clock.ts';
import { SfuError } from '../core/errors.ts';
import { EventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/log.ts';
import type { SfuBus } from './events.ts';
import { noMeshCounts } from './media/mesh-counts.ts';
import type { NodeLink, NodeRequestName, NodeRequests, RoomTelling } from './media/node-link.ts';
import type { PipeReading } from './media/pipe-reading.ts';
import { type PipeTraffic, readPipes, readTraffic } from './pipe-traffic.ts';
import type { RemoteBus, RemoteEvents } from './remote-events.ts';
import { offerWhatComes } from './remote-offers.ts';
import { pack } from './rooms/moving.ts';
import type { TakenSession } from './rooms/passage.ts';
import type { RoomRegistry } from './rooms/registry.ts';
import type { Room } from './rooms/room.ts';
import { RoomLives } from './rooms/room-lives.ts';
import type { RoomOrigin } from './rooms/room-origin.ts';
import type { RoomRules, StampedRule } from './rooms/room-rules.ts';
import { settleRoom } from './rooms/settling.ts';
import type { NodeRef, PeerShare, ShareChange, SharesOfOthers } from './rooms/share.ts';
import { feedShares, shareOf } from './rooms/share-feed.ts';
import { takeRules } from './rooms/taking-rules.ts';

/** How long a peer that opens a room here waits for what other nodes say of it. */
const knownTimeoutMs = 500;

export interface MeshOptions {
  /** This run of this node. */
  readonly self: NodeRef;
  readonly link: NodeLink;
  /** Where the pipes of this node listen: the address under which other nodes reach it, and a range of ports. */
  readonly listenInfo: types.TransportListenInfo;
  /**
   * Resolves when what other nodes say of a room that was just opened here is in its roster, at once while the bus is
   * away: who comes back on another node has to rank before the session that it left behind.
   */
  readonly known: (roomId: string) => Promise<void>;
}

/** A peer comes to another node with its ticket. */
export interface TakeRequest {
  readonly roomId: string;
  readonly peerId: string;
  /** The hash of the ticket. */
  readonly ticket: string;
  readonly take: string;
  /** It takes over now, with its media there. */
  readonly last: boolean;
}

/** Where a peer of a room is. */
export interface FoundPeer {
  readonly sessionId: string;
  readonly epoch: number;
  readonly subject: string;
  /** Undefined for this node. */
  readonly node?: NodeRef;
}

export type PlacedPeer = Required<FoundPeer> & { readonly peerId: string };

export interface SfuMeshOptions {
  readonly registry: RoomRegistry;
  readonly events: SfuBus;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The side of the domain that faces other nodes: what it says of its rooms, and what it takes in of theirs. */
export class SfuMesh {
  /** What happens on other nodes. */
  readonly events: RemoteBus;
  readonly counts = noMeshCounts();
  readonly lives: RoomLives;
  readonly #settling = new Map<string, Promise<void>>();
  readonly #onRules = new Set<(roomId: string, rules: readonly StampedRule[]) => void>();

  constructor(private readonly options: SfuMeshOptions) {
    this.events = new EventBus<RemoteEvents>(options.log);
    this.lives = new RoomLives((roomId) => this.#room(roomId)?.mesh);
  }

  /** Makes this node one of several. To be called once, before it has rooms. @returns what ends it */
  connect({ known, ...mesh }: MeshOptions): () => void {
    const { registry } = this.options;
    if (registry.rooms.size > 0)
      throw new Error('a node joins the mesh before it opens rooms, and it has some');
    registry.connect({
      ...mesh,
      events: this.events,
      counts: this.counts,
      ends: (roomId, origin) => this.lives.ends(roomId, origin),
      rulesMade: (roomId, rules) => {
        for (const listener of this.#onRules) listener(roomId, rules);
      },
    });
    const { events } = this.options;
    const settle = ({ roomId }: { roomId: string }) => {
      const settled = this.#settle(roomId, known);
      this.#settling.set(roomId, settled);
      // Whoever it was opened for is not in it until then.
      void this.#room(roomId)?.keepUntil(settled);
    };
    const stops = [
      ...offerWhatComes({ registry, events, remote: this.events }),
      events.on('roomOpened', settle),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** The peers of this node in a room. */
  shares(roomId: string): PeerShare[] {
    const { rooms } = this.options.registry;
    const { peers, passages } = rooms.get(roomId) ?? nobody;
    // What others receive of those that moved away goes on for a moment.
    const departing = [...passages.values()].filter(({ passage }) => passage?.to === 'there');
    return [...peers.values(), ...departing].map(shareOf);
  }

  /** Follows how the peers of this node change. @returns what ends it */
  onShare(listener: (roomId: string, change: ShareChange) => void): () => void {
    const { events, registry } = this.options;
    const find = ({ roomId, peerId, sessionId }: { roomId: string; peerId: string; sessionId: string }) => {
      const { peers, passages } = registry.rooms.get(roomId) ?? nobody;
      const peer = peers.get(peerId);
      if (peer?.sessionId === sessionId) return peer;
      const moving = passages.get(sessionId);
      return moving?.passage?.to === 'there' ? moving : undefined;
    };
    return feedShares({ events, find, listener });
  }

  /** Follows which rooms this node has. @returns what ends it */
  onRoom(listener: (roomId: string, open: boolean) => void): () => void {
    const { events } = this.options;
    const stops = [
      events.on('roomOpened', ({ roomId }) => listener(roomId, true)),
      events.on('roomClosed', ({ roomId }) => listener(roomId, false)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** What other nodes say of a room; undefined for one that is not open here. */
  roster(roomId: string): SharesOfOthers | undefined {
    return this.#room(roomId)?.mesh?.roster;
  }

  /** Answers a request of another node. @throws SfuError not_found, gone, limit_reached, worker_unavailable */
  async answer<N extends NodeRequestName>(
    from: NodeRef,
    name: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']> {
    const mesh = this.#room(data.roomId)?.mesh;
    if (mesh) return await mesh.answer(from, name, data);
    throw new SfuError('not_found', `there is no room "${data.roomId}" on this node; it may have ended`);
  }

  /** Takes in what another node tells all that have a room. */
  told(from: NodeRef, roomId: string, telling: RoomTelling, payload: Uint8Array = noBytes): void {
    this.#room(roomId)?.mesh?.told(from, telling, payload);
  }

  /** What the pipes to and from other nodes carried. Those that end at this moment are left out. */
  async traffic(): Promise<PipeTraffic[]> {
    return await readTraffic(this.options.registry.rooms.values());
  }

  /** How a room began; undefined for one that is not open here, or before other nodes were asked. */
  origin(roomId: string): RoomOrigin | undefined {
    return this.#room(roomId)?.mesh?.origin.stated;
  }

  /** Another node says how a room began. Does nothing for one that is not open here. */
  takeOrigin(roomId: string, origin: RoomOrigin): void {
    this.#room(roomId)?.mesh?.origin.take(origin);
  }

  /** What moderators decided in a room; undefined for one that is not open here. */
  rules(roomId: string): RoomRules | undefined {
    return this.#room(roomId)?.mesh?.rules;
  }

  /** Takes over what was decided on another node. Does nothing for a room that is not open here. */
  takeRules(roomId: string, rules: readonly StampedRule[]): void {
    const room = this.#room(roomId);
    if (room) takeRules(room, rules);
  }

  /** Follows what is decided on this node. @returns what ends it */
  onRules(listener: (roomId: string, rules: readonly StampedRule[]) => void): () => void {
    this.#onRules.add(listener);
    return () => this.#onRules.delete(listener);
  }

  /**
   * What another node takes over of a peer of this one; null when it is not here, or the ticket is not that of its client.
   * @param take the session there that takes it: of several the last one may take it over in the end
   */
  takeSession({ roomId, peerId, ticket, ...move }: TakeRequest): TakenSession | null {
    const peer = this.#room(roomId)?.peers.get(peerId);
    return (peer?.link.hasTicket?.(ticket) && pack(peer, move)) || null;
  }

  /** Where a peer is: on this node, or on another one that has told of it. */
  find(roomId: string, peerId: string): FoundPeer | undefined {
    const room = this.#room(roomId);
    const local = room?.peers.get(peerId);
    if (local) return { sessionId: local.sessionId, epoch: local.epoch, subject: local.identity.subject };
    const remote = room?.mesh?.roster.peers.get(peerId);
    if (!remote) return undefined;
    const { sessionId, epoch, subject } = remote.share;
    return { sessionId, epoch, subject, node: remote.node };
  }

  /** Whether a session of another node is still in the roster of a room. */
  hasSession(roomId: string, sessionId: string): boolean {
    return this.#room(roomId)?.mesh?.roster.has(sessionId) ?? false;
  }

  /** The peers of a subject in a room on other nodes. */
  elsewhere(roomId: string, subject: string): PlacedPeer[] {
    const peers = this.#room(roomId)?.mesh?.roster.ofSubject(subject) ?? [];
    return peers.map(({ id: peerId, sessionId, node, share: { epoch } }) => ({
      ...{ peerId, sessionId, epoch, subject, node },
    }));
  }

  /** How many peers of other nodes are in the rooms that are open here. */
  get remotePeers(): number {
    return [...this.options.registry.rooms.values()].reduce(
      (sum, { mesh }) => sum + (mesh?.roster.peers.size ?? 0),
      0,
    );
  }

  /** How many tracks cannot be brought here for now, by the life that has them. */
  unreachable(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { mesh } of this.options.registry.rooms.values())
      for (const { peer } of mesh?.unreachable ?? []) {
        const life = mesh?.roster.peers.get(peer.peerId)?.node.life ?? '';
        counts.set(life, (counts.get(life) ?? 0) + 1);
      }
    return counts;
  }

  /** Reads every pipe and the tracks on it. */
  async readPipes(): Promise<PipeReading[]> {
    return await readPipes(this.options.registry.rooms.values());
  }

  /** What to wait for before somebody enters a room that was just opened: who is in it on other nodes. */
  settling(roomId: string): Promise<void> | undefined {
    return this.#settling.get(roomId);
  }

  /** Waits for what other nodes say of a room, but not for long. */
  async #settle(roomId: string, known: MeshOptions['known']): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.options.clock.after(knownTimeoutMs, resolve);
    const answer = known(roomId).catch((error: unknown) =>
      this.options.log.warn('a room was opened without knowing who is in it on other nodes', {
        roomId,
        error,
      }),
    );
    await Promise.race([promise, answer]);
    cancel();
    const room = this.#room(roomId);
    if (room)
      await settleRoom(room).catch((error: unknown) =>
        room.log.warn('a room could not take over its codecs from other nodes', { error }),
      );
    this.#settling.delete(roomId);
    this.lives.settled(roomId);
  }

  #room(roomId: string): Room | undefined {
    return this.options.registry.rooms.get(roomId);
  }
}

const noBytes = new Uint8Array();
const nobody: Pick<Room, 'peers' | 'passages'> = { peers: new Map(), passages: new Map() };
