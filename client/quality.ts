import { sentWell } from './layers.ts';
import type { NotificationData } from './protocol.ts';
import type { Publication } from './publication.ts';
import type { RemotePeer } from './remote-peer.ts';
import type { RemoteTrack } from './remote-track.ts';

/** How well media gets through: `unknown` while nothing is sent, `lost` while nothing gets through. */
export type QualityLevel = 'unknown' | 'lost' | 'poor' | 'fair' | 'good';

export interface Quality {
  readonly level: QualityLevel;
  /** The server's score: 0 (nothing arrives) to 10; null while nothing is sent. */
  readonly score: number | null;
}

const unknown: Quality = { level: 'unknown', score: null };

/** The score of a new stream starts low and rises; lower scores are ignored for this time. */
const settlingMs = 4000;

function judge(score: number | null): Quality {
  if (score === null) return unknown;
  if (score <= 1) return { level: 'lost', score };
  return { level: score < 5 ? 'poor' : score < 8 ? 'fair' : 'good', score };
}

/**
 * The connection quality of all peers, derived from mediasoup's scores of streams
 * (https://mediasoup.org/documentation/v3/mediasoup/rtp-parameters-and-capabilities/). A peer's quality is that of its
 * worst track on the way to the server; our own is the worst of what we send, of how what we receive arrives, and of
 * what does not reach us though it reaches the server: a lost size of a picture costs a level, as with LiveKit
 * (https://github.com/livekit/livekit/blob/master/pkg/sfu/connectionquality/scorer.go).
 */
export class QualityBook {
  readonly #levels = new Map<string, Quality>();
  readonly #ownScores = new Map<string, number>();
  readonly #since = new Map<string, number>();
  /** Since when sizes of a track are missing. */
  readonly #missingSince = new Map<string, number>();

  constructor(
    private readonly options: {
      readonly ownPeerId: string;
      readonly peers: () => Iterable<Pick<RemotePeer, 'id' | 'tracks'>>;
      readonly publications: () => Iterable<Pick<Publication, 'producerId' | 'paused'>>;
      readonly changed: (peerId: string, quality: Quality) => void;
      readonly now?: () => number;
    },
  ) {}

  of(peerId: string): Quality {
    return this.#levels.get(peerId) ?? unknown;
  }

  /** How well the server receives one of our producers. Only the best layer counts, since the others may be inactive. */
  ownScore({ producerId, score }: NotificationData<'producerScore'>): void {
    this.#ownScores.set(producerId, Math.max(0, ...score.map((entry) => entry.score)));
    this.look();
  }

  /** Forgets all scores, because the connection was lost or replaced. */
  reset(): void {
    this.#ownScores.clear();
    this.#since.clear();
    this.#missingSince.clear();
    for (const peerId of [...this.#levels.keys()]) this.#set(peerId, unknown);
  }

  forget(peerId: string): void {
    this.#levels.delete(peerId);
  }

  /** Updates the quality of all peers. */
  look(): void {
    const arriving: number[] = [];
    const pictures: number[] = [];
    for (const peer of this.options.peers()) {
      const live = [...peer.tracks].filter(
        (track) => !track.muted && this.#settled(track.id, track.score.sender),
      );
      const scores = live.map(({ score }) => score.sender);
      // The path from the server to us can be judged only by streams that reach the server well.
      arriving.push(
        ...live
          .filter((track) => !track.paused && track.score.sender >= sentWell)
          .map(({ score }) => score.own),
      );
      pictures.push(...[...peer.tracks].map((track) => this.#pictureScore(track)));
      this.#set(peer.id, judge(scores.length > 0 ? Math.min(...scores) : null));
    }
    // One bad stream among many is more likely its sender's problem than ours, so take the median of what we receive; of
    // two the worse, which is not hidden by a silent voice.
    const middle = arriving.sort((one, other) => one - other)[Math.floor((arriving.length - 1) / 2)];
    const received = middle === undefined ? [] : [Math.min(middle, ...pictures)];
    const own = [...this.#sentScores(), ...received];
    this.#set(this.options.ownPeerId, judge(own.length > 0 ? Math.min(...own) : null));
    this.#forgetEnded();
  }

  #forgetEnded(): void {
    const tracks = [...this.options.peers()].flatMap((peer) => [...peer.tracks].map(({ id }) => id));
    const live = new Set([
      ...tracks,
      ...[...this.options.publications()].map(({ producerId }) => producerId),
    ]);
    for (const since of [this.#since, this.#missingSince])
      for (const id of since.keys()) if (!live.has(id)) since.delete(id);
    for (const id of this.#ownScores.keys()) if (!live.has(id)) this.#ownScores.delete(id);
  }

  #sentScores(): number[] {
    const live = [...this.options.publications()].flatMap(({ producerId, paused }) =>
      producerId === undefined || paused ? [] : [producerId],
    );
    return live.flatMap((id) => {
      const score = this.#ownScores.get(id);
      return score !== undefined && this.#settled(id, score) ? [score] : [];
    });
  }

  /** How much of the picture reaches us of what reaches the server. What is missing only for a moment does not count. */
  #pictureScore({ id, layers, missedLayers }: Pick<RemoteTrack, 'id' | 'layers' | 'missedLayers'>): number {
    if (missedLayers === 0) {
      this.#missingSince.delete(id);
      return 10;
    }
    const now = this.#now();
    const since = this.#missingSince.get(id) ?? now;
    this.#missingSince.set(id, since);
    if (now - since <= settlingMs) return 10;
    if (layers === null) return 2;
    return missedLayers === 1 ? 7 : 4;
  }

  #now(): number {
    return this.options.now?.() ?? performance.now();
  }

  #settled(id: string, score: number): boolean {
    const now = this.#now();
    const since = this.#since.get(id) ?? now;
    this.#since.set(id, since);
    return score >= 8 || now - since > settlingMs;
  }

  #set(peerId: string, quality: Quality): void {
    const before = this.of(peerId);
    if (before.level === quality.level && before.score === quality.score) return;
    this.#levels.set(peerId, quality);
    this.options.changed(peerId, quality);
  }
}
