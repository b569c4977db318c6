/** What the network did to the sound on one leg: between a peer and the server. */
export interface VoiceLeg {
  /** Share of packets that were lost. */
  readonly loss: number;
  /** Seconds (RFC 3550). */
  readonly jitter: number;
  /** Seconds there and back. */
  readonly roundTrip: number;
}

/**
 * A connection without any fault by the defaults of ITU-T G.107 (06/2015), table 2: R0 - Is.
 * https://www.itu.int/rec/T-REC-G.107
 */
const faultless = 93.2;
/**
 * How well the codec stands loss at random (Bpl), and what it costs without any (Ie): ITU-T G.113 (11/2007), appendix I,
 * for G.711 with concealment. It has none for Opus, whose concealment is no worse.
 */
const codec = { lossRobustness: 25.1, impairment: 0 };
/** Milliseconds of a frame and of its coding, which add to the way over the network. */
const codingDelay = 30;
/** A player keeps about twice the jitter. */
const bufferPerJitter = 2;
/** From this delay on people begin to talk over each other, in milliseconds. */
const noticedDelay = 177.3;

/**
 * The mean opinion score of one leg by the E-model: R = 93.2 - Id - Ie,eff, and the score of R by annex B of G.107. For Id,
 * the impairment by delay, the approximation of Cole and Rosenbluth is used
 * (https://doi.org/10.1145/505666.505669), which leaves echo out: browsers cancel it.
 * @returns from 1 to 4.41
 */
export function meanOpinionScore({ loss, jitter, roundTrip }: VoiceLeg): number {
  const delay = (roundTrip * 1000) / 2 + bufferPerJitter * jitter * 1000 + codingDelay;
  const byDelay = 0.024 * delay + (delay > noticedDelay ? 0.11 * (delay - noticedDelay) : 0);
  const percent = 100 * Math.min(1, Math.max(0, loss));
  const byLoss = codec.impairment + ((95 - codec.impairment) * percent) / (percent + codec.lossRobustness);
  return scoreOf(faultless - byDelay - byLoss);
}

function scoreOf(rating: number): number {
  if (rating <= 0) return 1;
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
