import type { NotificationData } from './protocol.ts';
import type { VitalSigns } from './vital-signs.ts';

/**
 * What a connection is worth, as the rating factor R of the E-model (ITU-T G.107), from 100: users are satisfied from 80
 * on (ITU-T G.109), and below 50 a call is not advised. Each impairment takes something from it.
 */
export const weights = {
  /**
   * Loss, before and after repair: 95 * P / (P + B), P in percent (G.107, section 7.4). B says what a codec stands: 25.1
   * one that conceals losses, 4.3 one that does not (G.113, appendix I, for G.711). The greater of the two counts.
   */
  loss: { most: 95, repairable: 25.1, heard: 4.3 },
  /**
   * Delay: 0.024 d + 0.11 (d - 177.3) above 177.3 ms, d from mouth to ear on our side of the server (R. G. Cole and
   * J. H. Rosenbluth, Voice over IP performance monitoring, 2001). Half the round trip, and what the player waits.
   */
  delay: { each: 0.024, long: 0.11, longMs: 177.3 },
  /**
   * Sizes of a picture that are missing: 35 each, which costs a level, as with LiveKit
   * (https://github.com/livekit/livekit/blob/master/pkg/sfu/connectionquality/scorer.go).
   */
  missedLayer: 35,
  /** Neither delay nor the lack of a picture makes a connection lost alone: sound still gets through. */
  mostBesideLoss: 80,
  /** A picture that stands still: for the share of the time. Of our own: half a second in six is noticed. */
  freeze: 250,
} as const;

type Quality = Pick<NotificationData<'peerQuality'>, 'score' | 'cause'>;
type Cause = NonNullable<Quality['cause']>;

/** For how long sound waits where the browser does not say it. */
const usualPlayoutMs = 40;

export interface Missing {
  /** Sizes of the picture that is missing most, on its way to us. */
  readonly layers: number;
  /** A transport is told to be broken. */
  readonly broken: boolean;
}

/** Judges a connection by what was measured lately. @returns nothing while nothing was */
export function judge(signs: readonly VitalSigns[], missing: Missing): Quality | undefined {
  if (missing.broken) return { score: 0, cause: 'cut' };
  if (signs.length === 0) return undefined;
  // One answer comes every two or three seconds where nothing else does, so a reading or two without any prove nothing.
  if (signs.length > 2 && signs.every(({ silent }) => silent)) return { score: 0, cause: 'cut' };
  const impairments = impairmentsOf(signs, missing);
  const [[cause] = [null]] = Object.entries(impairments).sort(([, one], [, other]) => other - one) as [
    Cause,
    number,
  ][];
  const sum = Object.values(impairments).reduce((total, each) => total + each, 0);
  return { score: Math.round(Math.max(0, 100 - sum)) / 10, cause };
}

function impairmentsOf(
  signs: readonly VitalSigns[],
  { layers }: Missing,
): Record<Exclude<Cause, 'cut'>, number> {
  const sum = (field: 'expected' | 'lost' | 'sent' | 'sentLost' | 'samples' | 'concealed' | 'frozenMs') =>
    signs.reduce((total, each) => total + each[field], 0);
  const milliseconds = signs.reduce((total, each) => total + each.milliseconds, 0);
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const { loss: forLoss, delay: forDelay } = weights;
  const ofLoss = (lost: number, stands: number) => (forLoss.most * 100 * lost) / (100 * lost + stands);
  const before = Math.max(share(sum('lost'), sum('expected')), share(sum('sentLost'), sum('sent')));
  const loss = ofLoss(before, forLoss.repairable);
  const sound = ofLoss(share(sum('concealed'), sum('samples')), forLoss.heard);
  const { roundTripMs = 0, playoutMs = usualPlayoutMs } = signs.at(-1) ?? {};
  const delayMs = roundTripMs / 2 + playoutMs;
  const unsent = Math.min(...signs.map(({ unsentLayers }) => unsentLayers));
  return {
    // Both are the same loss, seen before it was repaired and after it.
    loss: loss >= sound ? loss : 0,
    sound: sound > loss ? sound : 0,
    delay: Math.min(
      weights.mostBesideLoss,
      forDelay.each * delayMs + forDelay.long * Math.max(0, delayMs - forDelay.longMs),
    ),
    freezes: Math.min(weights.mostBesideLoss, weights.freeze * share(sum('frozenMs'), milliseconds)),
    bandwidth: Math.min(weights.mostBesideLoss, weights.missedLayer * Math.max(layers, unsent)),
  };
}
