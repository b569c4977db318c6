/** Simulcast or SVC layers: the spatial one is the size, the temporal one the frame rate; 0 is the least. */
export interface Layers {
  readonly spatialLayer: number;
  readonly temporalLayer?: number;
}

export interface LayerCounts {
  readonly spatial: number;
  readonly temporal: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Reads e.g. "L3T3_KEY" (SVC) or "S3T3" (simulcast, as the server presents it): three sizes, three frame rates. */
export function countLayers(scalabilityMode = ''): LayerCounts {
  const match = /^[LS](\d)T(\d)/.exec(scalabilityMode);
  return { spatial: Number(match?.[1] ?? 1), temporal: Number(match?.[2] ?? 1) };
}

/** A picture may be enlarged by so much before the next layer is worth its bits. */
const tolerance = 1.25;

/** The least layer that fills `shown` pixels, when the best one has the size `full` and each has half of the next. */
export function layerFor(shown: Size, full: Size, count: number): number {
  const share = Math.max(shown.width / full.width, shown.height / full.height);
  for (let layer = 0; layer < count - 1; layer += 1) {
    if ((1 / 2 ** (count - 1 - layer)) * tolerance >= share) return layer;
  }
  return Math.max(0, count - 1);
}

/** The size of the best layer, derived from the size of layer `current`; a guess before the first picture. */
export function fullSize(arriving: Size, current: number | undefined, count: number, guess: Size): Size {
  if (arriving.width === 0 || arriving.height === 0 || current === undefined) return guess;
  const factor = 2 ** Math.max(0, count - 1 - current);
  return { width: arriving.width * factor, height: arriving.height * factor };
}

/** From this score of the sender's stream on, what is missing of it here is missing between the server and us. */
const sentWell = 6;

/**
 * How many sizes are missing of those that are wanted and that reach the server well, by the scores of the sender's
 * streams. With SVC all sizes are in one stream, of which only is known whether any of them arrives.
 */
export function missedLayers(picture: {
  readonly wanted: number;
  readonly arriving: number | undefined;
  readonly scores: readonly number[];
}): number {
  const { wanted, arriving = -1, scores } = picture;
  const best = scores.findLastIndex((score) => score >= sentWell);
  return Math.max(0, Math.min(wanted, best) - arriving);
}
