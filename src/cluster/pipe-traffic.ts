import type { Clock } from '../core/clock.ts';

/** So long after its last packet a pipe says nothing about its node any more. */
const carriesMs = 4000;
const lookEveryMs = 1000;

/** Bytes that came over pipes, by the life that they came from. */
export type ReceivedBytes = ReadonlyMap<string, number>;

/**
 * When media came last from each life: the bytes that its pipes received grew. It is looked at only while something is
 * to be decided by it.
 */
export class PipeTraffic {
  readonly #seen = new Map<string, { bytes: number; grewAt: number }>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking = false;

  /** @param received of all pipes that are open now */
  constructor(
    private readonly clock: Clock,
    private readonly received: () => Promise<ReceivedBytes>,
  ) {}

  /** Whether a packet came from a life within the last four seconds. */
  carries(life: string): boolean {
    const seen = this.#seen.get(life);
    return seen !== undefined && this.clock.elapsed() - seen.grewAt <= carriesMs;
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

  #take(received: ReceivedBytes): void {
    this.#looking = false;
    for (const life of this.#seen.keys()) if (!received.has(life)) this.#seen.delete(life);
    for (const [life, bytes] of received) {
      const seen = this.#seen.get(life);
      // The first look sees bytes and no growth; a pipe that was made again begins with few.
      const grew = seen !== undefined && bytes > seen.bytes;
      const grewAt = grew ? this.clock.elapsed() : (seen?.grewAt ?? Number.NEGATIVE_INFINITY);
      this.#seen.set(life, { bytes, grewAt });
    }
  }
}
