import type { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import type { WaitingWebhook } from './webhook-dead-letters.ts';

/** An event that one of several nodes tells. */
export interface HeldEvent {
  /** The same on every node that holds it. */
  readonly eventId: string;
  readonly type: string;
  readonly roomId: string;
  readonly roomLife: string;
}

/** What is sent of it, by receiver. */
export type HeldBodies = readonly { readonly receiver: string; readonly body: string }[];

export interface HeldWebhooksOptions {
  readonly database: Connection;
  readonly writes: BatchedWrites;
  readonly now: () => number;
  /** Takes what is to be sent, once it is in the outbox. */
  readonly released: (waiting: WaitingWebhook) => void;
}

/**
 * Webhooks of events that several nodes may have to tell. They are stored before the node asks which one does, and then
 * released or dropped: what a crash leaves is decided at the next start.
 */
export class HeldWebhooks {
  constructor(private readonly options: HeldWebhooksOptions) {}

  /** Resolves when they are in the database. What is held already is replaced. */
  async hold({ eventId, type, roomId, roomLife }: HeldEvent, bodies: HeldBodies): Promise<void> {
    const { database, writes, now } = this.options;
    if (bodies.length === 0 || writes.isFull) return;
    const heldAt = now();
    await writes.write(() => {
      const insert = database.query(
        `INSERT OR REPLACE INTO webhook_held (event_id, receiver, type, room_id, room_life, body, held_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const { receiver, body } of bodies)
        insert.run(eventId, receiver, type, roomId, roomLife, body, heldAt);
    });
  }

  /** This node tells it: it is sent from now on. */
  async release(eventId: string): Promise<void> {
    const { database, writes, now, released } = this.options;
    const waiting: WaitingWebhook[] = [];
    await writes.write(() => {
      waiting.length = 0;
      const rows = database
        .query<{ receiver: string; type: string; room_id: string; body: string }, [string]>(
          'SELECT receiver, type, room_id, body FROM webhook_held WHERE event_id = ?',
        )
        .all(eventId);
      for (const { receiver, type, room_id: roomId, body } of rows) {
        const at = now();
        const { lastInsertRowid } = database
          .query(
            `INSERT INTO webhook_outbox (receiver, event_id, type, room_id, body, created_at, retry_from)
             VALUES (?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(receiver, eventId, type, roomId, body, at, at);
        waiting.push({ id: Number(lastInsertRowid), receiver, roomId });
      }
      this.#delete(eventId);
    });
    for (const each of waiting) released(each);
  }

  /** Another node told it, or it did not happen. */
  async drop(eventId: string): Promise<void> {
    await this.options.writes.write(() => this.#delete(eventId));
  }

  /** What was held when the process ended, the oldest first. */
  all(): HeldEvent[] {
    return this.options.database
      .query<HeldEvent, []>(
        `SELECT event_id AS eventId, type, room_id AS roomId, room_life AS roomLife FROM webhook_held
         GROUP BY event_id ORDER BY min(held_at)`,
      )
      .all();
  }

  #delete(eventId: string): void {
    this.options.database.query('DELETE FROM webhook_held WHERE event_id = ?').run(eventId);
  }
}
