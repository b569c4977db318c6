const minute = 60_000;
const minutesKept = 5;

/** How often connections were refused for one reason in the last five minutes. */
export interface Refusal {
  readonly code: string;
  readonly count: number;
  /** Of the last one, in milliseconds since the epoch. */
  readonly time: number;
  /** Where the last one wanted to go. It may be a room that does not exist. */
  readonly roomId: string;
}

interface Kept {
  readonly counts: Map<number, number>;
  time: number;
  roomId: string;
}

/** Why connections were refused: counts by code, of which there are as many as the table of errors has. */
export class Refusals {
  readonly #byCode = new Map<string, Kept>();

  add({ code, roomId }: { code: string; roomId: string }, time: number): void {
    const kept: Kept = this.#byCode.get(code) ?? { counts: new Map(), time, roomId };
    this.#byCode.set(code, kept);
    const at = Math.floor(time / minute);
    kept.counts.set(at, (kept.counts.get(at) ?? 0) + 1);
    for (const old of kept.counts.keys()) if (old <= at - minutesKept) kept.counts.delete(old);
    Object.assign(kept, { time, roomId });
  }

  /** The most frequent reason first. */
  recent(now: number): Refusal[] {
    const from = Math.floor(now / minute) - minutesKept;
    return [...this.#byCode]
      .map(([code, { counts, time, roomId }]) => {
        const recent = [...counts].filter(([at]) => at > from);
        return { code, time, roomId, count: recent.reduce((sum, [, count]) => sum + count, 0) };
      })
      .filter(({ count }) => count > 0)
      .toSorted((a, b) => b.count - a.count);
  }
}
