import type { Clock } from '../../core/clock.ts';
import { SfuError } from '../../core/errors.ts';
import type { QualityLevel } from '../../core/quality.ts';
import { type NodeStress, notStressed } from '../../core/stress.ts';
import type { PeerRef } from '../events.ts';
import { mediaCall } from '../media/media-call.ts';
import type { WorkerUsage } from '../media/workers.ts';
import { PeerAtAGlance } from './glance.ts';
import type { MediaIndex, MediaObjectKind, MediaObjects } from './media-index.ts';
import type { RoomRegistry } from './registry.ts';
import {
  type ConsumerSnapshot,
  consumerSnapshot,
  type NodeSnapshot,
  type PeerSnapshot,
  type ProducerSnapshot,
  peerSnapshot,
  producerSnapshot,
  type RoomSnapshot,
  roomSnapshot,
  type SnapshotSources,
  takeSnapshot,
} from './snapshot.ts';
import { type WorkerSnapshot, workerSnapshot } from './worker-snapshot.ts';

/** The cause with which a worker died that was killed for its silence. */
export { hungCause } from '../media/heartbeat.ts';
export type { WorkerUsage };

/** How many there are, without a copy of anything. */
export interface NodeCounts {
  /** Workers that are running. */
  readonly workers: number;
  readonly rooms: number;
  readonly connected: number;
  readonly joined: number;
  readonly producers: number;
  readonly consumers: number;
  /** Peers that publish something, and that receive something. */
  readonly publishers: number;
  readonly subscribers: number;
  /** Peers on this node, of each room. */
  readonly roomSizes: readonly number[];
  /** Peers in the call by how well their media gets through. */
  readonly byQuality: Readonly<Record<QualityLevel, number>>;
  /** Routers of rooms by the index of their worker; a worker without any is there too. */
  readonly routersByWorker: ReadonlyMap<number, number>;
}

/** A peer's stay, and the transports that carry its media. */
export interface SessionTransports extends PeerRef {
  readonly transportIds: readonly string[];
}

/** One entry of the statistics of a transport, producer or consumer. */
export type MediaStatistics = MediaObjects[MediaObjectKind]['statistics'];

export type ProducerInRoom = ProducerSnapshot & { readonly peerId: string };
export type ConsumerInRoom = ConsumerSnapshot & { readonly peerId: string };

export interface ReadModelOptions {
  sources: SnapshotSources;
  registry: RoomRegistry;
  media: MediaIndex;
  clock: Clock;
  /** How near the host is to the end of what it has; nothing is measured by default. */
  stress?: () => NodeStress;
}

/**
 * What everyone outside of the domain reads: plain data, and statistics by id. Dashboard, metrics, REST and webhooks
 * hold no object of the domain.
 */
export class ReadModel {
  constructor(private readonly options: ReadModelOptions) {}

  node(): NodeSnapshot {
    return takeSnapshot(this.options.sources, this.options.clock.now());
  }

  /**
   * As node, for pages that show few of many peers and drop it after a moment: what each peer carries is read when somebody
   * looks at it. @param name that each peer is given as its node, where those of several nodes are together
   */
  glance(name?: string): NodeSnapshot {
    const { sources, clock } = this.options;
    return takeSnapshot(sources, clock.now(), (peer) => new PeerAtAGlance(peer, name));
  }

  /** How much there is here, without a look at any peer: it is asked for at every join. */
  size(): { readonly rooms: number; readonly peers: number } {
    const { rooms } = this.options.sources;
    const peers = rooms.values().reduce((sum, room) => sum + room.peers.size, 0);
    return { rooms: rooms.size, peers };
  }

  counts(): NodeCounts {
    const { rooms, pool } = this.options.sources;
    const workers = pool.slots.filter(({ live }) => live !== undefined).length;
    const counts = {
      ...{ workers, rooms: rooms.size, connected: 0, joined: 0 },
      ...{ producers: 0, consumers: 0, publishers: 0, subscribers: 0 },
    };
    const byQuality = { unknown: 0, lost: 0, poor: 0, fair: 0, good: 0 };
    const routersByWorker = new Map(pool.slots.map(({ index }) => [index, 0]));
    for (const room of rooms.values()) {
      for (const { live } of room.routers.all)
        routersByWorker.set(live.index, (routersByWorker.get(live.index) ?? 0) + 1);
      for (const { state, quality, publications, subscriptions } of room.peers.values()) {
        if (state.name !== 'closed') counts[state.name] += 1;
        if (state.name === 'joined') byQuality[quality.level] += 1;
        counts.producers += publications.size;
        counts.consumers += subscriptions.size;
        if (publications.size > 0) counts.publishers += 1;
        if (subscriptions.size > 0) counts.subscribers += 1;
      }
    }
    const roomSizes = [...rooms.values()].map(({ peers }) => peers.size);
    return { ...counts, byQuality, roomSizes, routersByWorker };
  }

  /** How near the node and each of its workers are to the end of what they have. */
  stress(): NodeStress {
    return this.options.stress?.() ?? notStressed;
  }

  /** Every peer's stay with its transports, for those who measure each of them: a snapshot copies far more. */
  sessions(): SessionTransports[] {
    const peers = [...this.options.sources.rooms.values()].flatMap((room) => [...room.peers.values()]);
    return peers.map(({ ref, transports }) => ({ ...ref, transportIds: [...transports.keys()] }));
  }

  /** The media workers, those that are being replaced too. */
  workers(): WorkerSnapshot[] {
    return this.options.sources.pool.slots.map(workerSnapshot);
  }

  hasRoom(roomId: string): boolean {
    return this.options.sources.rooms.has(roomId);
  }

  hasPeer(roomId: string, peerId: string): boolean {
    return this.options.sources.rooms.get(roomId)?.peers.has(peerId) ?? false;
  }

  roomIds(): string[] {
    return [...this.options.sources.rooms.keys()];
  }

  /** @throws SfuError not_found */
  room(roomId: string): RoomSnapshot {
    return roomSnapshot(this.options.registry.room(roomId));
  }

  /** As room, for those who look at few of its peers; see `glance`. @throws SfuError not_found */
  roomAtAGlance(roomId: string, name?: string): RoomSnapshot {
    return roomSnapshot(this.options.registry.room(roomId), (peer) => new PeerAtAGlance(peer, name));
  }

  /** @throws SfuError not_found */
  peer(roomId: string, peerId: string): PeerSnapshot {
    return peerSnapshot(this.options.registry.peer(roomId, peerId));
  }

  /** Ids of the peers of a room, or of those of one subject. @throws SfuError not_found */
  peerIds(roomId: string, subject?: string): string[] {
    const room = this.options.registry.room(roomId);
    return subject === undefined ? [...room.peers.keys()] : room.peersOf(subject).map(({ id }) => id);
  }

  /** What is sent in a room. @throws SfuError not_found */
  producers(roomId: string): ProducerInRoom[] {
    const { media } = this.options.registry.room(roomId).published;
    return [...media.values()].map((publication) => ({
      ...producerSnapshot(publication),
      peerId: publication.peer.id,
    }));
  }

  /** @throws SfuError not_found */
  producer(roomId: string, id: string): ProducerInRoom {
    const publication = this.options.registry.room(roomId).published.media.get(id);
    const found = publication && [{ ...producerSnapshot(publication), peerId: publication.peer.id }];
    return this.#found(found ?? [], { what: 'producer', roomId, id });
  }

  /** What is received in a room. @throws SfuError not_found */
  consumers(roomId: string): ConsumerInRoom[] {
    const peers = [...this.options.registry.room(roomId).peers.values()];
    return peers.flatMap(({ id: peerId, subscriptions }) =>
      [...subscriptions.values()].map((subscription) => ({ ...consumerSnapshot(subscription), peerId })),
    );
  }

  /** @throws SfuError not_found */
  consumer(roomId: string, id: string): ConsumerInRoom {
    const peers = [...this.options.registry.room(roomId).peers.values()];
    const owner = peers.find(({ subscriptions }) => subscriptions.has(id));
    const subscription = owner?.subscriptions.get(id);
    const found = owner && subscription && [{ ...consumerSnapshot(subscription), peerId: owner.id }];
    return this.#found(found ?? [], { what: 'consumer', roomId, id });
  }

  /**
   * What the worker says of a transport, producer or consumer in a room. A reading that is younger than `maxAge`
   * milliseconds is used again. https://mediasoup.org/documentation/v3/mediasoup/rtc-statistics/
   * @throws SfuError not_found, gone
   */
  async statistics(ref: {
    roomId: string;
    id: string;
    maxAge?: number;
  }): Promise<readonly MediaStatistics[]> {
    const ask: (maxAge?: number) => Promise<readonly MediaStatistics[]> = this.options.media.get(
      ref.id,
      ref.roomId,
    ).statistics;
    return await mediaCall({ closed: false }, 'reading statistics', () => ask(ref.maxAge));
  }

  /** What a worker has used; undefined while it is being replaced. */
  async workerUsage(workerIndex: number): Promise<WorkerUsage | undefined> {
    return await this.options.sources.pool.usage(workerIndex);
  }

  #found<T extends { readonly id: string }>(
    all: readonly T[],
    { what, roomId, id }: { what: string; roomId: string; id: string },
  ): T {
    const found = all.find((one) => one.id === id);
    if (found) return found;
    throw new SfuError(
      'not_found',
      `there is no ${what} "${id}" in room "${roomId}"; it may have been closed`,
    );
  }
}
