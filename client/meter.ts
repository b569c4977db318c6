import type { Publication } from './publication.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { TrackSource } from './sources.ts';
import { entriesOf, isPath } from './statistics.ts';

/** Statistics of one track. Fields that the browser does not report are absent. */
export interface TrackNumbers {
  readonly source: TrackSource;
  /** Whose it is. */
  readonly peerId: string;
  /** E.g. "VP8". */
  readonly codec?: string;
  /** Bits a second since the last reading. */
  readonly bitrate?: number;
  /** Share of the packets since the last reading that were lost, 0 to 1. */
  readonly loss?: number;
  /** Milliseconds. */
  readonly jitter?: number;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  /** Why the sender sends less than it could: cpu or bandwidth. */
  readonly limitation?: string;
}

/** Statistics of the path to the server. */
export interface PathNumbers {
  /** Milliseconds. */
  readonly roundTripTime?: number;
  /** udp or tcp. */
  readonly protocol?: string;
  /** Whether a TURN relay is in between. */
  readonly relayed?: boolean;
  /** Bits a second that the browser believes it may send. */
  readonly availableBitrate?: number;
}

export interface CallNumbers {
  readonly sendingPath: PathNumbers;
  readonly receivingPath: PathNumbers;
  readonly sent: readonly TrackNumbers[];
  readonly received: readonly TrackNumbers[];
}

/** The fields of https://w3c.github.io/webrtc-stats/ that are read here. */
interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly kind?: string;
  readonly ssrc?: number;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly bytesReceived?: number;
  readonly bytesSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly fractionLost?: number;
  readonly jitter?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  readonly qualityLimitationReason?: string;
  readonly state?: string;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
  readonly availableOutgoingBitrate?: number;
  readonly localCandidateId?: string;
  readonly protocol?: string;
  readonly candidateType?: string;
}

interface Reading {
  readonly at: number;
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
}

export interface MeterSource {
  readonly ownPeerId: string;
  readonly publications: () => Iterable<Publication>;
  readonly peers: () => Iterable<RemotePeer>;
  readonly transportStats: (direction: 'send' | 'recv') => Promise<RTCStatsReport | undefined>;
}

/** Reduces the browser's statistics to a few numbers. Rates are measured between two readings. */
export class Meter {
  #last = new Map<string, Reading>();

  constructor(private readonly source: MeterSource) {}

  async read(): Promise<CallNumbers> {
    const { ownPeerId, publications, peers, transportStats } = this.source;
    const next = new Map<string, Reading>();
    const [send, recv] = await Promise.all([transportStats('send'), transportStats('recv')]);
    const sent = [...publications()].map(async (publication) => ({
      source: publication.source,
      peerId: ownPeerId,
      ...this.#numbers(entriesOf(await publication.getStats()), 'outbound-rtp', next),
    }));
    const received = [...peers()].flatMap((peer) =>
      [...peer.tracks].map(async (track) => ({
        source: track.source,
        peerId: peer.id,
        ...this.#numbers(entriesOf(await track.getStats()), 'inbound-rtp', next),
      })),
    );
    const numbers = {
      sendingPath: pathNumbers(entriesOf(send)),
      receivingPath: pathNumbers(entriesOf(recv)),
      sent: await Promise.all(sent),
      received: await Promise.all(received),
    };
    this.#last = next;
    return numbers;
  }

  #numbers(entries: readonly StatsEntry[], type: string, next: Map<string, Reading>): Partial<TrackNumbers> {
    const streams = entries.filter((entry) => entry.type === type);
    const largest = streams.reduce<StatsEntry | undefined>(
      (best, stream) => (best && (best.frameWidth ?? 0) >= (stream.frameWidth ?? 0) ? best : stream),
      undefined,
    );
    if (!largest) return {};
    const rates = streams.map((stream) => this.#rates(stream, next));
    const bitrates = rates.flatMap(({ bitrate }) => bitrate ?? []);
    const remote = entries.find((entry) => entry.type === 'remote-inbound-rtp');
    const jitter = largest.jitter ?? remote?.jitter;
    const { frameWidth: width, frameHeight: height, framesPerSecond } = largest;
    const codec = entries.find(({ id }) => id === largest.codecId)?.mimeType?.split('/')[1];
    return {
      codec,
      bitrate: bitrates.length > 0 ? bitrates.reduce((sum, bitrate) => sum + bitrate, 0) : undefined,
      loss: remote?.fractionLost ?? rates[0]?.loss,
      jitter: jitter === undefined ? undefined : jitter * 1000,
      ...{ width, height, framesPerSecond },
      limitation: largest.qualityLimitationReason === 'none' ? undefined : largest.qualityLimitationReason,
    };
  }

  #rates(entry: StatsEntry, next: Map<string, Reading>): { bitrate?: number; loss?: number } {
    const { bytesReceived, bytesSent, packetsReceived = 0, packetsLost = 0, timestamp, ssrc } = entry;
    const key = `${entry.type} ${ssrc}`;
    const reading = {
      at: timestamp,
      bytes: bytesReceived ?? bytesSent ?? 0,
      packets: packetsReceived,
      lost: packetsLost,
    };
    next.set(key, reading);
    const last = this.#last.get(key);
    if (!last || reading.at <= last.at) return {};
    const lost = Math.max(0, reading.lost - last.lost);
    const packets = reading.packets - last.packets + lost;
    return {
      bitrate: Math.max(0, Math.round(((reading.bytes - last.bytes) * 8000) / (reading.at - last.at))),
      loss: entry.type === 'inbound-rtp' && packets > 0 ? lost / packets : undefined,
    };
  }
}

function pathNumbers(entries: readonly StatsEntry[]): PathNumbers {
  const pair = entries.find(isPath);
  if (!pair) return {};
  const local = entries.find(({ id }) => id === pair.localCandidateId);
  const { currentRoundTripTime: seconds } = pair;
  return {
    roundTripTime: seconds === undefined ? undefined : Math.round(seconds * 1000),
    protocol: local?.protocol,
    relayed: local?.candidateType === 'relay',
    availableBitrate: pair.availableOutgoingBitrate,
  };
}
