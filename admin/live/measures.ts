import type { MediaStatistics, ReadModel } from '../../src/sfu/rooms/read-model.ts';
import type { PeerSnapshot, RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
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
  /** Bits a second. */
  readonly bitrate: number;
  /** By `spatial.temporal`, as mediasoup names the layers. */
  readonly bitrateByLayer: Readonly<Record<string, number>>;
  readonly packetsLost: number;
  /** 0 to 1. */
  readonly fractionLost: number;
  readonly jitter: number;
  readonly nacks: number;
  readonly plis: number;
  /** Milliseconds; null until the other end has reported. */
  readonly roundTrip: number | null;
}

/** What was measured of one session, which is a peer's stay in a room. */
export interface SessionMeasures {
  readonly incoming: History;
  readonly outgoing: History;
  readonly roundTrip: History;
  /** The last reading, by producer or consumer id; empty until somebody watches the room. */
  streams: ReadonlyMap<string, readonly StreamMeasure[]>;
}

type StreamStatistics = Extract<MediaStatistics, { ssrc: number }>;

/** Where a transport, producer or consumer is; a reading younger than `maxAge` milliseconds is used again. */
interface StatisticsRef {
  readonly roomId: string;
  readonly id: string;
  readonly maxAge?: number;
}

/** Transports whose statistics are requested at the same time; other work gets its turn between batches. */
const batchSize = 64;

type Measured = Pick<PeerSnapshot, 'sessionId' | 'transports' | 'producers' | 'consumers'>;

/** Peers of a room that somebody watches whose streams are read at once. */
const maxRead = 200;

/** The last statistics of the transports of all peers, and of the streams in rooms that somebody watches. */
export class Measures {
  readonly transports = new Map<string, TransportMeasure>();
  readonly #sessions = new Map<string, SessionMeasures>();

  constructor(private readonly read: Pick<ReadModel, 'sessions' | 'statistics'>) {}

  /** What was measured of a session; empty for a new one. */
  session(sessionId: string): SessionMeasures {
    const known = this.#sessions.get(sessionId);
    if (known) return known;
    const made = {
      incoming: new History(),
      outgoing: new History(),
      roundTrip: new History(),
      streams: new Map(),
    };
    this.#sessions.set(sessionId, made);
    return made;
  }

  /** Reads every transport of the node, where the last reading is older than `maxAge` milliseconds. */
  async readTransports(maxAge: number): Promise<void> {
    const all = this.read
      .sessions()
      .flatMap(({ roomId, transportIds }) => transportIds.map((id) => ({ roomId, id, maxAge })));
    for (let start = 0; start < all.length; start += batchSize)
      await Promise.all(all.slice(start, start + batchSize).map((ref) => this.#readTransport(ref)));
  }

  /** Adds a point to the graphs of every session that has had a transport, and drops what has ended. */
  keepHistory(): void {
    const sessions = this.read.sessions();
    for (const { sessionId, transportIds } of sessions) {
      if (transportIds.length === 0 && !this.#sessions.has(sessionId)) continue;
      const history = this.session(sessionId);
      const { incoming, outgoing } = this.flow(transportIds);
      history.incoming.push(incoming);
      history.outgoing.push(outgoing);
      history.roundTrip.push(this.roundTrip(sessionId) ?? 0);
    }
    dropOthers(
      this.#sessions,
      sessions.map(({ sessionId }) => sessionId),
    );
    dropOthers(
      this.transports,
      sessions.flatMap(({ transportIds }) => transportIds),
    );
  }

  /**
   * Reads the producers of a room, and all consumers of the peers with these ids. Of every other peer it reads one
   * consumer, whose reports have the round trip: reading all of them would grow with the square of the peers. Of a large room
   * it reads a part each time.
   */
  async readRoom({ id: roomId, peers }: RoomSnapshot, inFull: ReadonlySet<string>): Promise<void> {
    // Of a large room it is the turn of others each time.
    const from = peers.length > maxRead ? Math.floor(Math.random() * peers.length) : 0;
    const isDue = (index: number) => (index - from + peers.length) % peers.length < maxRead;
    const due = peers.filter(({ id }, index) => isDue(index) || inFull.has(id));
    await Promise.all(
      due.map(async ({ id, sessionId, transports, producers, consumers: all }) => {
        const consumers = inFull.has(id) ? all : all.slice(0, 1);
        await this.#readPeer(roomId, { sessionId, transports, producers, consumers });
      }),
    );
  }

  /** What flows over several transports together. */
  flow(transportIds: Iterable<string>): { incoming: number; outgoing: number } {
    let incoming = 0;
    let outgoing = 0;
    for (const id of transportIds) {
      const measure = this.transports.get(id);
      incoming += measure?.incoming ?? 0;
      outgoing += measure?.outgoing ?? 0;
    }
    return { incoming, outgoing };
  }

  /** Milliseconds to the peer and back, from its reports; null while it is not known. */
  roundTrip(sessionId: string): number | null {
    const streams = [...(this.#sessions.get(sessionId)?.streams.values() ?? [])].flat();
    const known = streams.flatMap(({ roundTrip }) => roundTrip ?? []);
    return known.length === 0 ? null : Math.max(...known);
  }

  async #readPeer(roomId: string, { sessionId, transports, producers, consumers }: Measured): Promise<void> {
    const [streams] = await Promise.all([
      Promise.all([
        ...producers.map(({ id }) => this.#readStreams({ roomId, id }, 'inbound-rtp')),
        ...consumers.map(({ id }) => this.#readStreams({ roomId, id }, 'outbound-rtp')),
      ]),
      ...transports.map(({ id }) => this.#readTransport({ roomId, id })),
    ]);
    this.session(sessionId).streams = new Map(streams);
  }

  async #readTransport(ref: StatisticsRef): Promise<void> {
    for (const stat of await this.#ask(ref)) {
      if (!('recvBitrate' in stat)) continue;
      this.transports.set(ref.id, {
        incoming: stat.recvBitrate,
        outgoing: stat.sendBitrate,
        lossSent: stat.rtpPacketLossSent ?? null,
        lossReceived: stat.rtpPacketLossReceived ?? null,
        availableOutgoing: stat.availableOutgoingBitrate ?? null,
      });
    }
  }

  /** A consumer answers with the statistics of its producer too; their type tells them apart. */
  async #readStreams(
    ref: StatisticsRef,
    type: 'inbound-rtp' | 'outbound-rtp',
  ): Promise<[id: string, streams: StreamMeasure[]]> {
    const all = await this.#ask(ref);
    const own = all.flatMap((stat) => ('ssrc' in stat && stat.type === type ? [streamMeasure(stat)] : []));
    return [ref.id, own];
  }

  /** What closes while it is asked has no statistics. */
  async #ask(ref: StatisticsRef): Promise<readonly MediaStatistics[]> {
    return await this.read.statistics(ref).catch(() => []);
  }
}

function streamMeasure(stat: StreamStatistics): StreamMeasure {
  return {
    ssrc: stat.ssrc,
    rid: stat.rid ?? null,
    bitrate: stat.bitrate,
    bitrateByLayer: 'bitrateByLayer' in stat ? stat.bitrateByLayer : {},
    packetsLost: stat.packetsLost,
    fractionLost: stat.fractionLost / 256,
    jitter: stat.jitter,
    nacks: stat.nackCount,
    plis: stat.pliCount,
    roundTrip: stat.roundTripTime ?? null,
  };
}

/** Deletes all entries but those with these keys. */
function dropOthers(entries: Map<string, unknown>, keys: readonly string[]): void {
  const kept = new Set(keys);
  for (const key of entries.keys()) if (!kept.has(key)) entries.delete(key);
}
