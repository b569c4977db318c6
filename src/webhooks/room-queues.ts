import type { WaitingWebhook } from '../store/webhook-dead-letters.ts';

/** The next webhook of a room. */
export interface NextWebhook {
  /** The room's id; empty for the events of the node. */
  readonly room: string;
  readonly id: number;
}

/**
 * The webhooks that wait for one receiver, in a queue for each room. Rooms are sent in parallel; within a room a webhook
 * has to be settled before the next one is taken. The events of the node have a queue of their own. Queues hold ids only:
 * the outbox knows which of them still wait.
 */
export class RoomQueues {
  readonly #queues = new Map<string, number[]>();
  /** Rooms that have something to send and are not held, in the order of their turn. */
  readonly #ready = new Set<string>();
  /** Rooms of which a webhook is being sent, or that back off after a failure. */
  readonly #held = new Set<string>();

  add({ id, roomId }: WaitingWebhook): void {
    const room = roomId ?? '';
    const ids = this.#queues.get(room) ?? [];
    this.#queues.set(room, ids);
    if (id > (ids.at(-1) ?? 0)) ids.push(id);
    // A webhook that is replayed is older than those that wait already.
    else if (!ids.includes(id))
      ids.splice(
        ids.findIndex((other) => other > id),
        0,
        id,
      );
    if (!this.#held.has(room)) this.#ready.add(room);
  }

  /** Takes the next webhook. Its room is held until `settle` or `release`. */
  take(): NextWebhook | undefined {
    for (const room of this.#ready) {
      this.#ready.delete(room);
      const id = this.#queues.get(room)?.[0];
      if (id === undefined) continue;
      this.#held.add(room);
      return { room, id };
    }
    return undefined;
  }

  /** Removes a webhook that does not wait any more, and releases its room. */
  settle({ room, id }: NextWebhook): void {
    const ids = this.#queues.get(room) ?? [];
    const index = ids.indexOf(id);
    if (index >= 0) ids.splice(index, 1);
    this.release(room);
  }

  /** Lets a room continue with the first webhook in its queue. */
  release(room: string): void {
    this.#held.delete(room);
    if ((this.#queues.get(room)?.length ?? 0) > 0) this.#ready.add(room);
    else this.#queues.delete(room);
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }
}
