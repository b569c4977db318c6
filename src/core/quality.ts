/** `unknown` while nothing is sent or received, `lost` while nothing gets through. */
export const qualityLevels = ['unknown', 'lost', 'poor', 'fair', 'good'] as const;
export type QualityLevel = (typeof qualityLevels)[number];

/** What costs a connection most of what it is short of. */
export const qualityCauses = ['cut', 'loss', 'sound', 'delay', 'freezes', 'bandwidth'] as const;
export type QualityCause = (typeof qualityCauses)[number];

/** How well media gets through between a peer and its server, in both directions. */
export interface Quality {
  readonly level: QualityLevel;
  /** 10 is perfect; from 8 on good, from 5 on fair, above 1 poor, else lost. Null while it is not known. */
  readonly score: number | null;
  /** Null while it is good, or not known. */
  readonly cause: QualityCause | null;
}

export const unknownQuality: Quality = { level: 'unknown', score: null, cause: null };

/** The level of a score, and its cause where it is not good. */
export function qualityOf(score: number | null, cause: QualityCause | null): Quality {
  if (score === null) return unknownQuality;
  const level = score <= 1 ? 'lost' : score < 5 ? 'poor' : score < 8 ? 'fair' : 'good';
  return { level, score, cause: level === 'good' ? null : cause };
}

/** The worse of two; what is not known is worse than nothing. */
export function worse(one: Quality, other: Quality): Quality {
  if (one.score === null) return other;
  return other.score === null || one.score <= other.score ? one : other;
}

export function sameQuality(one: Quality, other: Quality): boolean {
  return one.level === other.level && one.score === other.score && one.cause === other.cause;
}
