import type { Clock } from '../core/clock.ts';

/** So long after its last packet a pipe says nothing about its node any more. */
const carriesMs = 4000;
const lookEveryMs = 1000;

/** When media came last from each life: bytes that were received over its pipes grew. */
export class PipeTraffic {
  readonly #seen = new Map<string, { bytes: number; grewAt: number }>();
  #cancel: () => void = () => {};

  /** @param received bytes of all pipes by the life that they come from */
  constructor(
    private readonly clock: Clock,
    private readonly received: () => ReadonlyMap<string, number>,
  ) {
    this.#arm();
  }

  /** Whether a packet came from a life within the last four seconds. */
  carries(life: string): boolean {
    const seen = this.#seen.get(life);
    return seen !== undefined && this.clock.elapsed() - seen.grewAt <= carriesMs;
  }

  close(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.clock.after(lookEveryMs, () => {
      this.#look();
      this.#arm();
    });
  }

  #look(): void {
    const received = this.received();
    for (const life of this.#seen.keys()) if (!received.has(life)) this.#seen.delete(life);
    for (const [life, bytes] of received) {
      const seen = this.#seen.get(life);
      // The first look sees bytes and no growth; a pipe that was just made again begins with few.
      const grew = seen !== undefined && bytes > seen.bytes;
      this.#seen.set(life, {
        bytes,
        grewAt: grew ? this.clock.elapsed() : (seen?.grewAt ?? Number.NEGATIVE_INFINITY),
      });
    }
  }
}
