/** What decides whether a tile is in view when there is no room for all. */
export interface Candidate {
  readonly id: string;
  readonly own: boolean;
  readonly screen: boolean;
  /** Milliseconds since the epoch; null while the hand is down. */
  readonly handRaisedAt: number | null;
  /** When it was last heard; 0 for never. */
  readonly spokeAt: number;
}

/**
 * Chooses who is in view: oneself, shared screens, raised hands, who spoke last, and then who came first. Those who were in
 * view already keep their places, so that nobody moves because another speaks.
 * @param candidates in the order in which they came
 * @param before who was in view, in the order of their places
 */
export function chooseInView(
  candidates: readonly Candidate[],
  count: number,
  before: readonly string[],
): string[] {
  const ranked = [...candidates].sort(compare).slice(0, count);
  const chosen = new Set(ranked.map(({ id }) => id));
  const kept = before.slice(0, count).map((id) => (chosen.has(id) ? id : undefined));
  const stays = new Set(kept);
  const coming = candidates.map(({ id }) => id).filter((id) => chosen.has(id) && !stays.has(id));
  const filled = kept.map((id) => id ?? coming.shift());
  return [...filled, ...coming].filter((id) => id !== undefined);
}

function compare(one: Candidate, other: Candidate): number {
  const raised = ({ handRaisedAt }: Candidate) => handRaisedAt ?? Number.POSITIVE_INFINITY;
  return (
    Number(other.own) - Number(one.own) ||
    Number(other.screen) - Number(one.screen) ||
    sign(raised(one), raised(other)) ||
    other.spokeAt - one.spokeAt
  );
}

/** The difference of two infinities is no number. */
function sign(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
