/** Of the network between the attacker and the server. */
const roundTripMs = 40;

/** Counts what an attack was answered. */
export class Answers {
  readonly counts: Record<string, number> = {};
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  count(answer: string | number): void {
    this.counts[answer] = (this.counts[answer] ?? 0) + 1;
  }

  /**
   * Does it again and again, so many at a time, until the end. Not faster than it would be over a network: otherwise the
   * attacker takes the processor from the neighbour, on a machine that all share.
   */
  repeat(atOnce: number, task: (index: number) => Promise<string | number>): void {
    const loop = async (index: number) => {
      while (!this.#ended) {
        const earliest = Bun.sleep(roundTripMs);
        this.count(await task(index).catch((error: Error) => error.message));
        await earliest;
      }
    };
    for (let index = 0; index < atOnce; index += 1) void loop(index);
  }

  end(): Readonly<Record<string, number>> {
    this.#ended = true;
    return this.counts;
  }
}
