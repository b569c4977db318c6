import type { types } from 'mediasoup';
import { transportStatistics } from '../../src/sfu/media/transport-statistics.ts';
import type { Peer } from '../../src/sfu/rooms/peer.ts';
import type { Room } from '../../src/sfu/rooms/room.ts';
import { History } from './history.ts';

/** What flows over one transport, in bits a second. */
export interface TransportMeasure {
  readonly incoming: number;
  readonly outgoing: number;
  /** Share of packets lost on the way to the client, 0 to 1; null when it is not known. */
  readonly lossSent: number | null;
  readonly lossReceived: number | null;
  readonly availableOutgoing: number | null;
}

/** One stream of a producer or consumer. */
export interface StreamMeasure {
  readonly ssrc: number;
  readonly rid: string | null;
  readonly bitrate: number;
  /** By `spatial.temporal`, as mediasoup names the layers. */
  readonly bitrateByLayer: Readonly<Record<string, number>>;
  readonly packetsLost: number;
  /** 0 to 1. */
  readonly fractionLost: number;
  readonly jitter: number;
  readonly nacks: number;
  readonly plis: number;
  readonly roundTrip: number | null;
}

export interface PeerHistory {
  readonly incoming: History;
  readonly outgoing: History;
  readonly roundTrip: History;
}

type Stat = types.ProducerStat | types.ConsumerStat;

/** A producer or a consumer. A consumer answers with the statistics of its producer too, told apart by their type. */
interface Source {
  readonly id: string;
  readonly closed: boolean;
  readonly observer: { once(event: 'close', listener: () => void): unknown };
}

/** Transports that are asked at once; the loop serves others in between. */
const batch = 64;

/** The statistics that were read last, of transports of all peers and of streams of those that are watched. */
export class Measures {
  readonly transports = new Map<string, TransportMeasure>();
  /** By producer or consumer id. */
  readonly streams = new Map<string, readonly StreamMeasure[]>();
  readonly peers = new WeakMap<Peer, PeerHistory>();

  /** Reads every transport of the node, where the last reading is older than `maxAge` milliseconds. */
  async readTransports(rooms: Iterable<Room>, maxAge: number): Promise<void> {
    const all = [...rooms].flatMap((room) =>
      [...room.peers.values()].flatMap((peer) => [...peer.transports.values()]),
    );
    for (let start = 0; start < all.length; start += batch) {
      const part = all.slice(start, start + batch);
      await Promise.all(part.map(({ transport }) => this.#readTransport(transport, maxAge)));
    }
    const living = new Set(all.map(({ transport }) => transport.id));
    for (const id of this.transports.keys()) if (!living.has(id)) this.transports.delete(id);
  }

  /** Adds a point to the graphs of every peer that has begun to send or receive. */
  keepHistory(rooms: Iterable<Room>): void {
    for (const room of rooms) {
      for (const peer of room.peers.values()) {
        if (peer.transports.size === 0 && !this.peers.has(peer)) continue;
        const history = this.historyOf(peer);
        const { incoming, outgoing } = this.of([...peer.transports.keys()]);
        history.incoming.push(incoming);
        history.outgoing.push(outgoing);
        history.roundTrip.push(this.roundTrip(peer) ?? 0);
      }
    }
  }

  historyOf(peer: Peer): PeerHistory {
    const known = this.peers.get(peer);
    if (known) return known;
    const made = { incoming: new History(), outgoing: new History(), roundTrip: new History() };
    this.peers.set(peer, made);
    return made;
  }

  /**
   * Reads the streams of a room's producers, and those of all consumers of one peer. Of every other peer one consumer is
   * read, whose reports tell its round trip: all of them would be the square of the peers.
   */
  async readRoom(room: Room, peer?: Peer): Promise<void> {
    const producers = room.localPublications.map(({ producer }) => producer);
    const consumers = [...room.peers.values()].flatMap((each) => {
      const all = [...each.subscriptions.values()].map(({ consumer }) => consumer);
      return each === peer ? all : all.slice(0, 1);
    });
    const transports = [...room.peers.values()].flatMap((each) => [...each.transports.values()]);
    await Promise.all([
      ...producers.map((producer) => this.#readStreams(producer, 'inbound-rtp', producer.getStats())),
      ...consumers.map((consumer) => this.#readStreams(consumer, 'outbound-rtp', consumer.getStats())),
      ...transports.map(({ transport }) => this.#readTransport(transport)),
    ]);
  }

  /** What flows over several transports together. */
  of(transportIds: readonly string[]): { incoming: number; outgoing: number } {
    let incoming = 0;
    let outgoing = 0;
    for (const id of transportIds) {
      const measure = this.transports.get(id);
      incoming += measure?.incoming ?? 0;
      outgoing += measure?.outgoing ?? 0;
    }
    return { incoming, outgoing };
  }

  /** Milliseconds to the peer and back, as its reports tell; null while it is not known. */
  roundTrip(peer: Peer): number | null {
    const ids = [...peer.publications.keys(), ...peer.subscriptions.keys()];
    const known = ids.flatMap((id) =>
      (this.streams.get(id) ?? []).flatMap(({ roundTrip }) => roundTrip ?? []),
    );
    return known.length === 0 ? null : Math.max(...known);
  }

  async #readTransport(transport: types.Transport, maxAge = 0): Promise<void> {
    // A transport may close while it is asked: then there is nothing to know of it.
    const stat = await transportStatistics(transport, maxAge).catch(() => undefined);
    if (stat) {
      this.transports.set(transport.id, {
        incoming: stat.recvBitrate,
        outgoing: stat.sendBitrate,
        lossSent: stat.rtpPacketLossSent ?? null,
        lossReceived: stat.rtpPacketLossReceived ?? null,
        availableOutgoing: stat.availableOutgoingBitrate ?? null,
      });
    }
  }

  async #readStreams(source: Source, type: Stat['type'], asked: Promise<readonly Stat[]>): Promise<void> {
    const none: readonly Stat[] = [];
    const stats = await asked.catch(() => none);
    if (source.closed) return;
    if (!this.streams.has(source.id)) source.observer.once('close', () => this.streams.delete(source.id));
    this.streams.set(
      source.id,
      stats.flatMap((stat) => (stat.type === type ? [readStream(stat)] : [])),
    );
  }
}

function readStream(stat: Stat): StreamMeasure {
  return {
    ssrc: stat.ssrc,
    rid: stat.rid ?? null,
    bitrate: stat.bitrate,
    bitrateByLayer: 'bitrateByLayer' in stat ? (stat.bitrateByLayer as Record<string, number>) : {},
    packetsLost: stat.packetsLost,
    fractionLost: stat.fractionLost / 256,
    jitter: 'jitter' in stat ? stat.jitter : 0,
    nacks: stat.nackCount,
    plis: stat.pliCount,
    roundTrip: stat.roundTripTime ?? null,
  };
}
