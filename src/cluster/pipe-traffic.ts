import type { Clock } from '../core/clock.ts';

/** So long after its last packet, at least, a pipe says something about its node. */
const carriesMs = 4000;
const lookEveryMs = 1000;

/** What came over all pipes from and to one life. */
export interface Received {
  readonly bytes: number;
  /** Within how many milliseconds more comes while its node is there; undefined when nothing has to. */
  readonly expectedWithin: number | undefined;
}

export type ReceivedByLife = ReadonlyMap<string, Received>;

interface Seen extends Received {
  /** When it was looked at first. */
  readonly since: number;
  /** When its bytes grew last. */
  readonly grewAt: number;
}

/**
 * When media came last from each life: the bytes that its pipes received grew. It is looked at only while something is
 * to be decided by it.
 */
export class PipeTraffic {
  readonly #seen = new Map<string, Seen>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking = false;

  /** @param received over all pipes that are open now */
  constructor(
    private readonly clock: Clock,
    private readonly received: () => Promise<ReceivedByLife>,
  ) {}

  /** Whether nothing comes from a life that would show that it is there. It is not while it is too early to say. */
  isSilent(life: string): boolean {
    const seen = this.#seen.get(life);
    if (!seen) return true;
    const { since, grewAt, expectedWithin } = seen;
    const now = this.clock.elapsed();
    // It may have come just after a look.
    const patience = expectedWithin === undefined ? 0 : expectedWithin + lookEveryMs;
    return now - since > patience && now - grewAt > Math.max(carriesMs, patience);
  }

  /** To be called each second or more often from before it is needed until it is not any more. */
  look(isNeeded: boolean): void {
    if (!isNeeded) return this.#seen.clear();
    if (this.#looking || this.clock.elapsed() - this.#lookedAt < lookEveryMs) return;
    this.#looking = true;
    this.#lookedAt = this.clock.elapsed();
    this.received().then(
      (received) => this.#take(received),
      // Nothing is known of the pipes: then they prove nothing.
      () => this.#take(new Map()),
    );
  }

  #take(received: ReceivedByLife): void {
    this.#looking = false;
    const now = this.clock.elapsed();
    for (const life of this.#seen.keys()) if (!received.has(life)) this.#seen.delete(life);
    for (const [life, { bytes, expectedWithin }] of received) {
      const {
        since = now,
        grewAt = Number.NEGATIVE_INFINITY,
        bytes: before = bytes,
      } = this.#seen.get(life) ?? {};
      // The first look sees bytes and no growth; a pipe that was made again begins with few.
      this.#seen.set(life, { bytes, expectedWithin, since, grewAt: bytes > before ? now : grewAt });
    }
  }
}
