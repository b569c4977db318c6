import type { WaitingWebhook } from '../store/webhook-dead-letters.ts';

/** The one that is next in its room. */
export interface Next {
  readonly lane: string;
  readonly id: number;
}

/**
 * What waits for one receiver, by room: rooms go beside each other, and within a room nothing goes before what came
 * first has been settled. What concerns the node is a lane of its own. It holds ids only; the outbox knows what of
 * them still waits.
 */
export class Lanes {
  readonly #waiting = new Map<string, number[]>();
  /** Lanes with something to send of which nothing is on its way, in the order of their turn. */
  readonly #ready = new Set<string>();
  /** Lanes of which something is on its way, or that rest after a failure. */
  readonly #held = new Set<string>();

  add({ id, roomId }: WaitingWebhook): void {
    const lane = roomId ?? '';
    const ids = this.#waiting.get(lane) ?? [];
    this.#waiting.set(lane, ids);
    if (id > (ids.at(-1) ?? 0)) ids.push(id);
    // One that is replayed is older than those that wait already.
    else if (!ids.includes(id))
      ids.splice(
        ids.findIndex((other) => other > id),
        0,
        id,
      );
    if (!this.#held.has(lane)) this.#ready.add(lane);
  }

  /** Takes the next one. Its lane is held until `settle` or `release`. */
  take(): Next | undefined {
    for (const lane of this.#ready) {
      this.#ready.delete(lane);
      const id = this.#waiting.get(lane)?.[0];
      if (id === undefined) continue;
      this.#held.add(lane);
      return { lane, id };
    }
    return undefined;
  }

  /** It does not wait any more. */
  settle({ lane, id }: Next): void {
    const ids = this.#waiting.get(lane) ?? [];
    const index = ids.indexOf(id);
    if (index >= 0) ids.splice(index, 1);
    this.release(lane);
  }

  /** The lane goes on with what is first in it. */
  release(lane: string): void {
    this.#held.delete(lane);
    if ((this.#waiting.get(lane)?.length ?? 0) > 0) this.#ready.add(lane);
    else this.#waiting.delete(lane);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }
}
