import type { Connection } from './connection.ts';

/** A webhook that waits for delivery, without its content. */
export interface WaitingWebhook {
  readonly id: number;
  readonly receiver: string;
  readonly roomId: string | null;
}

/** A webhook that was given up. Times are milliseconds since the epoch. */
export interface DeadLetter {
  readonly id: number;
  readonly receiver: string;
  readonly eventId: string;
  readonly type: string;
  readonly roomId: string | null;
  /** The JSON text that was sent. */
  readonly body: string;
  readonly createdAt: number;
  readonly diedAt: number;
  readonly attempts: number;
  /** Why the last attempt failed, or why there was none. */
  readonly error: string;
}

/** Selects dead letters; all when no field is set. */
export interface DeadLetterSearch {
  readonly receiver?: string;
  readonly ids?: readonly number[];
}

const dayMs = 24 * 3600_000;
export const deadLetterLimits = { maxAgeMs: 30 * dayMs, maxCount: 10_000 } as const;

const selected = `dead_at IS NOT NULL AND (?1 IS NULL OR receiver = ?1)
  AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))`;

/** Webhooks that could not be delivered, until somebody replays or discards them. */
export class DeadLetters {
  constructor(
    private readonly database: Connection,
    private readonly now: () => number,
  ) {}

  /** Lists dead letters, the newest events first. @param before an id, for the next page */
  list({
    limit,
    before = Number.MAX_SAFE_INTEGER,
    receiver,
  }: {
    limit: number;
    before?: number;
    receiver?: string;
  }): DeadLetter[] {
    return this.database
      .query<DeadLetter, [string | null, null, number, number]>(
        `SELECT id, receiver, event_id AS eventId, type, room_id AS roomId, body, created_at AS createdAt,
           dead_at AS diedAt, attempts, error
         FROM webhook_outbox WHERE ${selected} AND id < ?3 ORDER BY id DESC LIMIT ?4`,
      )
      .all(receiver ?? null, null, before, limit);
  }

  count(): number {
    return (
      this.database
        .query<{ count: number }, []>('SELECT coalesce(sum(dead), 0) AS count FROM webhook_receivers')
        .get()?.count ?? 0
    );
  }

  /** Lets dead letters wait for delivery again. @returns them in the order of their events */
  requeue(search: DeadLetterSearch): WaitingWebhook[] {
    const requeue = this.database.query<WaitingWebhook, [string | null, string | null, number]>(
      `UPDATE webhook_outbox SET dead_at = NULL, attempts = 0, retry_from = ?3 WHERE ${selected}
       RETURNING id, receiver, room_id AS roomId`,
    );
    const bindings = [...bindingsOf(search), this.now()] as const;
    return this.database.transaction(() => requeue.all(...bindings)).sort((a, b) => a.id - b.id);
  }

  /** Deletes dead letters. @returns how many there were */
  discard(search: DeadLetterSearch): number {
    const discard = this.database.query<{ id: number }, [string | null, string | null]>(
      `DELETE FROM webhook_outbox WHERE ${selected} RETURNING id`,
    );
    return this.database.transaction(() => discard.all(...bindingsOf(search))).length;
  }

  /** Deletes dead letters that are too old, and the oldest ones when there are too many. */
  prune({ maxAgeMs, maxCount }: { maxAgeMs: number; maxCount: number } = deadLetterLimits): void {
    this.database.query('DELETE FROM webhook_outbox WHERE dead_at < ?').run(this.now() - maxAgeMs);
    const surplus = this.count() - maxCount;
    if (surplus <= 0) return;
    this.database
      .query(
        `DELETE FROM webhook_outbox WHERE id IN
         (SELECT id FROM webhook_outbox WHERE dead_at IS NOT NULL ORDER BY dead_at, id LIMIT ?)`,
      )
      .run(surplus);
  }
}

function bindingsOf({ receiver, ids }: DeadLetterSearch): [string | null, string | null] {
  return [receiver ?? null, ids === undefined ? null : JSON.stringify(ids)];
}
