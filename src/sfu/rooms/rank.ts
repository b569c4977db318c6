export interface Rank {
  readonly share: { readonly epoch: number };
  readonly from: { readonly life: string };
}

/** Whether the first of two sessions of one peer id ranks before the second: it came later. */
export function outranks(one: Rank, other: Rank): boolean {
  if (one.share.epoch !== other.share.epoch) return one.share.epoch > other.share.epoch;
  return one.from.life > other.from.life;
}
