import type { MediaQuality } from '../src/core/peer-course.ts';
import type { Follower } from './sampler/follower.ts';
import type { Sampler } from './sampler/sampler.ts';
import type { StreamStatistics } from './stream-totals.ts';

/** What was sampled of the stay of a peer. Round trips are milliseconds. */
interface Stay {
  readonly roundTrip: Values;
  readonly score: Values;
  readonly in: Map<number, Packets>;
  readonly out: Map<number, Packets>;
}

/** Packets of one stream since its beginning. */
interface Packets {
  readonly arrived: number;
  readonly lost: number;
}

class Values {
  max = Number.NEGATIVE_INFINITY;
  min = Number.POSITIVE_INFINITY;
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.max = Math.max(this.max, value);
    this.min = Math.min(this.min, value);
    this.#sum += value;
    this.#count += 1;
  }

  get mean(): number | null {
    return this.#count === 0 ? null : rounded(this.#sum / this.#count);
  }
}

/** The streams that are counted: a client may open one after the other. */
const mostStreams = 200;

/** How good the media of each peer was, over its whole stay and by what the sampler saw. */
export class PeerQualities {
  readonly #stays = new Map<string, Stay>();

  /** Follows every producer and consumer. */
  follow(sampler: Pick<Sampler, 'follow'>, onError: (error: unknown) => void): void {
    sampler.follow('producer', { start: ({ sessionId }) => this.#track(sessionId, 'in'), onError });
    sampler.follow('consumer', { start: ({ sessionId }) => this.#track(sessionId, 'out'), onError });
  }

  /** Of a peer that has not been forgotten. Undefined where nothing was sampled. */
  of(sessionId: string): MediaQuality | undefined {
    const stay = this.#stays.get(sessionId);
    if (!stay || (stay.in.size === 0 && stay.out.size === 0)) return undefined;
    const { roundTrip, score } = stay;
    return {
      roundTrip: roundTrip.mean === null ? null : { mean: roundTrip.mean, max: rounded(roundTrip.max) },
      lossIn: lossOf(stay.in),
      lossOut: lossOf(stay.out),
      score: score.mean === null ? null : { mean: score.mean, min: score.min },
    };
  }

  /** To be called when a peer has left, with all its tracks closed. */
  forget(sessionId: string): void {
    this.#stays.delete(sessionId);
  }

  #track(sessionId: string, side: 'in' | 'out'): Follower<'producer' | 'consumer'> {
    const stay = this.#stays.get(sessionId) ?? newStay();
    this.#stays.set(sessionId, stay);
    const own = side === 'in' ? 'inbound-rtp' : 'outbound-rtp';
    return {
      sample: (statistics) => {
        for (const stat of statistics) if (stat.type === own) take(stay, side, stat);
      },
    };
  }
}

const newStay = (): Stay => ({
  roundTrip: new Values(),
  score: new Values(),
  in: new Map(),
  out: new Map(),
});

function take(stay: Stay, side: 'in' | 'out', stat: StreamStatistics): void {
  const { ssrc, packetCount, packetsLost, roundTripTime = 0, score, bitrate } = stat;
  const streams = stay[side];
  // What the receiver lost is of what was sent; what did not arrive here is beside what did.
  const arrived = side === 'in' ? packetCount : Math.max(packetCount - packetsLost, 0);
  if (streams.has(ssrc) || streams.size < mostStreams)
    streams.set(ssrc, { arrived, lost: Math.max(packetsLost, 0) });
  if (roundTripTime > 0) stay.roundTrip.add(roundTripTime);
  if (side === 'in' && bitrate > 0) stay.score.add(score);
}

function lossOf(streams: ReadonlyMap<number, Packets>): number | null {
  let arrived = 0;
  let lost = 0;
  for (const stream of streams.values()) {
    arrived += stream.arrived;
    lost += stream.lost;
  }
  return arrived + lost === 0 ? null : Math.round((lost / (arrived + lost)) * 10_000) / 10_000;
}

const rounded = (value: number) => Math.round(value * 10) / 10;
