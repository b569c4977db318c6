import { judge } from './judgement.ts';
import type { NotificationData } from './protocol.ts';
import type { RemoteTrack } from './remote-track.ts';
import type { VitalSigns } from './vital-signs.ts';

/** How well media gets through: `unknown` while nothing is known of it, `lost` while nothing gets through. */
export type QualityLevel = Quality['level'];

/**
 * What a connection is short of most: `cut` (nothing gets through), `loss` of packets, whether or not it is repaired, gaps
 * in the `sound`, `delay`, `freezes` of the picture, or `bandwidth` for its size.
 */
export type QualityCause = NonNullable<Quality['cause']>;

/** How well media gets through between a peer and its server, both ways. The score is from 0 (nothing) to 10. */
export type Quality = Readonly<Omit<NotificationData<'peerQuality'>, 'peerId'>>;

export const unknownQuality: Quality = { level: 'unknown', score: null, cause: null };

/** By how many readings a connection is judged: long enough to tell loss from chance, short enough to be of now. */
const readings = 3;
/** What is missing of a picture only for a moment does not count. */
const missingMs = 4000;
/** A smaller change of the score alone is not reported. */
const notableChange = 0.5;

type Pictured = Pick<RemoteTrack, 'id' | 'missedLayers'>;

export interface QualityBookOptions {
  readonly ownPeerId: string;
  /** What we receive. */
  readonly tracks: () => Iterable<Pictured>;
  /** Whether a transport has lost its path. */
  readonly broken: () => boolean;
  readonly changed: (peerId: string, quality: Quality) => void;
  /** Tells the server, which tells the others. */
  readonly report: (quality: Pick<Quality, 'score' | 'cause'>) => void;
  readonly now?: () => number;
}

/**
 * The connection quality of all peers. Each client judges its own (judgement.ts) and reports it; the server tells everyone
 * the worse of that and of how it receives what the peer sends.
 */
export class QualityBook {
  readonly #qualities = new Map<string, Quality>();
  /** Since when sizes of a track are missing. */
  readonly #missingSince = new Map<string, number>();
  #signs: VitalSigns[] = [];
  /** What the server says of us. */
  #told = unknownQuality;
  #reported = unknownQuality;

  constructor(private readonly options: QualityBookOptions) {}

  of(peerId: string): Quality {
    return this.#qualities.get(peerId) ?? unknownQuality;
  }

  /** The server tells the quality of a peer, perhaps ours. */
  told(peerId: string, { level, score, cause }: Quality): void {
    if (peerId !== this.options.ownPeerId) return this.#set(peerId, { level, score, cause });
    this.#told = { level, score, cause };
    this.look();
  }

  /** What was measured since the last reading. */
  measured(signs: VitalSigns): void {
    this.#signs = [...this.#signs, signs].slice(-readings);
    this.look();
  }

  /** Forgets everything, because the connection was lost or replaced. */
  reset(): void {
    this.#signs = [];
    this.#missingSince.clear();
    this.#told = unknownQuality;
    this.#reported = unknownQuality;
    for (const peerId of [...this.#qualities.keys()]) this.#set(peerId, unknownQuality);
  }

  forget(peerId: string): void {
    this.#qualities.delete(peerId);
  }

  /** Updates our own quality. */
  look(): void {
    const { broken, ownPeerId } = this.options;
    const judged = judge(this.#signs, { layers: this.#missedLayers(), broken: broken() });
    const own = judged ? qualityOf(judged) : unknownQuality;
    if (judged) this.#report(own);
    this.#set(ownPeerId, worse(own, this.#told));
  }

  #report(own: Quality): void {
    const { level, cause, score } = this.#reported;
    const changed = Math.abs((own.score ?? 0) - (score ?? 0)) >= notableChange;
    if (own.level === level && own.cause === cause && !changed) return;
    this.#reported = own;
    this.options.report({ score: own.score, cause: own.cause });
  }

  /** Of the picture that is missing most of its sizes. */
  #missedLayers(): number {
    const tracks = [...this.options.tracks()];
    const ids = new Set(tracks.map(({ id }) => id));
    for (const id of this.#missingSince.keys()) if (!ids.has(id)) this.#missingSince.delete(id);
    return Math.max(0, ...tracks.map((track) => this.#missedOf(track)));
  }

  #missedOf({ id, missedLayers }: Pictured): number {
    if (missedLayers === 0) {
      this.#missingSince.delete(id);
      return 0;
    }
    const now = this.options.now?.() ?? performance.now();
    const since = this.#missingSince.get(id) ?? now;
    this.#missingSince.set(id, since);
    return now - since > missingMs ? missedLayers : 0;
  }

  #set(peerId: string, quality: Quality): void {
    const before = this.of(peerId);
    const { level, score, cause } = quality;
    if (before.level === level && before.score === score && before.cause === cause) return;
    this.#qualities.set(peerId, quality);
    this.options.changed(peerId, quality);
  }
}

/** The levels of the server (docs/protocol.md, `peerQuality`). */
export function qualityOf({ score, cause }: Pick<Quality, 'score' | 'cause'>): Quality {
  if (score === null) return unknownQuality;
  const level = score <= 1 ? 'lost' : score < 5 ? 'poor' : score < 8 ? 'fair' : 'good';
  return { level, score, cause: level === 'good' ? null : cause };
}

function worse(one: Quality, other: Quality): Quality {
  if (one.score === null) return other;
  return other.score === null || one.score <= other.score ? one : other;
}
