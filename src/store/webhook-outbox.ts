import type { Logger } from '../core/log.ts';
import { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import { HeldWebhooks } from './held-webhooks.ts';
import { hashSecret } from './secrets.ts';
import { type DeadLetterSearch, DeadLetters, type WaitingWebhook } from './webhook-dead-letters.ts';

/** An event for one receiver. */
export interface NewWebhook {
  readonly receiver: string;
  /** The event's id, which is the message's id on the wire. */
  readonly eventId: string;
  readonly type: string;
  readonly roomId: string | null;
  /** The JSON text that is sent. */
  readonly body: string;
}

/** A webhook that waits for delivery. Times are milliseconds since the epoch. */
export interface Webhook extends NewWebhook {
  readonly id: number;
  readonly createdAt: number;
  /** Attempts that have failed. */
  readonly attempts: number;
  /** The start of the time for retries. */
  readonly retryFrom: number;
}

/** The state of the deliveries to a receiver. Times are milliseconds since the epoch. */
export interface ReceiverState {
  readonly name: string;
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest waiting webhook was created. */
  readonly oldestAt: number | null;
  /** When a webhook was last delivered. */
  readonly deliveredAt: number | null;
  /** When an attempt last failed. */
  readonly failedAt: number | null;
  /** Why that attempt failed. */
  readonly error: string;
}

/** Counters of a receiver since the start. */
export interface WebhookCounts {
  delivered: number;
  failed: number;
  dead: number;
  /** Never written, because the disk was full for too long. */
  lost: number;
}

interface Row {
  id: number;
  receiver: string;
  event_id: string;
  type: string;
  room_id: string | null;
  body: string;
  created_at: number;
  retry_from: number;
  attempts: number;
}

export interface WebhookOutboxOptions {
  database: Connection;
  log: Logger;
  now: () => number;
}

/**
 * Webhooks from their event until they are delivered, or until somebody replays or discards them as dead letters. What
 * is added is in the database some milliseconds later.
 */
export class WebhookOutbox {
  readonly deadLetters: DeadLetters;
  /** What another node may send instead. */
  readonly held: HeldWebhooks;
  readonly #writes: BatchedWrites;
  readonly #listeners = new Set<(waiting: WaitingWebhook) => void>();
  readonly #counts = new Map<string, WebhookCounts>();
  /** By receiver: the hash of the address that answered 410 Gone. */
  readonly #gone: Map<string, string | null>;
  readonly #database: Connection;
  readonly #now: () => number;

  constructor({ database, log, now }: WebhookOutboxOptions) {
    this.#database = database;
    this.#now = now;
    this.#writes = new BatchedWrites(database, log, 'webhooks');
    this.deadLetters = new DeadLetters(database, now);
    const released = (waiting: WaitingWebhook) => this.#notify(waiting);
    this.held = new HeldWebhooks({ database, writes: this.#writes, now, released });
    const gone = database.query<{ name: string; hash: string | null }, []>(
      'SELECT name, gone_url_hash AS hash FROM webhook_receivers',
    );
    this.#gone = new Map(gone.all().map(({ name, hash }) => [name, hash]));
  }

  /** Calls the listener with each webhook to send, once it is in the database. @returns a function that stops it */
  onWaiting(listener: (waiting: WaitingWebhook) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add({ receiver, eventId, type, roomId, body }: NewWebhook): void {
    if (this.#writes.isFull) {
      this.countsOf(receiver).lost += 1;
      return;
    }
    const now = this.#now();
    let id = 0;
    const written = this.#writes.write(() => {
      const { lastInsertRowid } = this.#database
        .query(
          `INSERT INTO webhook_outbox (receiver, event_id, type, room_id, body, created_at, retry_from)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(receiver, eventId, type, roomId, body, now, now);
      id = Number(lastInsertRowid);
    });
    void written.then(() => this.#notify({ id, receiver, roomId }));
  }

  /** The waiting webhooks of a receiver, in order. */
  waiting(receiver: string): WaitingWebhook[] {
    return this.#database
      .query<Pick<Row, 'id' | 'room_id'>, [string]>(
        'SELECT id, room_id FROM webhook_outbox WHERE receiver = ? AND dead_at IS NULL ORDER BY id',
      )
      .all(receiver)
      .map(({ id, room_id }) => ({ id, receiver, roomId: room_id }));
  }

  /** A webhook that still waits. */
  get(id: number): Webhook | undefined {
    const row = this.#database
      .query<Row, [number]>('SELECT * FROM webhook_outbox WHERE id = ? AND dead_at IS NULL')
      .get(id);
    if (!row) return undefined;
    const { receiver, type, body, attempts } = row;
    const { event_id, room_id, created_at, retry_from } = row;
    const times = { createdAt: created_at, retryFrom: retry_from };
    return { id, receiver, eventId: event_id, type, roomId: room_id, body, attempts, ...times };
  }

  /** Removes a delivered webhook. Resolves when that is written: until then the next one of its room must not be sent. */
  async delivered({ id, receiver }: Webhook): Promise<void> {
    this.countsOf(receiver).delivered += 1;
    const now = this.#now();
    await this.#writes.write(() => {
      this.#database.query('DELETE FROM webhook_outbox WHERE id = ?').run(id);
      this.#database.query('UPDATE webhook_receivers SET delivered_at = ? WHERE name = ?').run(now, receiver);
    });
  }

  /** Records a failed attempt. @param isLast whether the webhook becomes a dead letter */
  async failed({ id, receiver }: Webhook, error: string, isLast: boolean): Promise<void> {
    const counts = this.countsOf(receiver);
    counts.failed += 1;
    if (isLast) counts.dead += 1;
    const now = this.#now();
    await this.#writes.write(() => {
      this.#database
        .query('UPDATE webhook_outbox SET attempts = attempts + 1, error = ?, dead_at = ? WHERE id = ?')
        .run(error, isLast ? now : null, id);
      this.#database
        .query('UPDATE webhook_receivers SET failed_at = ?, error = ? WHERE name = ?')
        .run(now, error, receiver);
    });
  }

  /** Gives up the oldest waiting webhooks of a receiver, so that `keep` of them stay. @returns how many it gave up */
  async giveUpOldest(receiver: string, { keep, error }: { keep: number; error: string }): Promise<number> {
    let givenUp = 0;
    await this.#writes.write(() => {
      const surplus = (this.state(receiver)?.waiting ?? 0) - keep;
      if (surplus <= 0) return;
      this.#database
        .query(
          `UPDATE webhook_outbox SET dead_at = ?, error = ? WHERE id IN
           (SELECT id FROM webhook_outbox WHERE receiver = ? AND dead_at IS NULL ORDER BY id LIMIT ?)`,
        )
        .run(this.#now(), error, receiver, surplus);
      givenUp = surplus;
    });
    this.countsOf(receiver).dead += givenUp;
    return givenUp;
  }

  /** Whether a receiver answered 410 Gone at this address and was not resumed since. */
  isGone(receiver: string, url: string): boolean {
    return this.#gone.get(receiver) === hashSecret(url);
  }

  /** Stops sending to this address of a receiver. */
  markGone(receiver: string, url: string): void {
    this.#setGone(receiver, hashSecret(url));
  }

  /** Sends to a receiver again that was gone, from the next event on. */
  resume(receiver: string): void {
    this.#setGone(receiver, null);
  }

  state(receiver: string): ReceiverState | undefined {
    return this.states().find(({ name }) => name === receiver);
  }

  /** The state of every receiver that ever had a webhook. */
  states(): ReceiverState[] {
    return this.#database
      .query<ReceiverState, []>(
        `SELECT name, waiting, dead, delivered_at AS deliveredAt, failed_at AS failedAt, error,
           (SELECT created_at FROM webhook_outbox WHERE receiver = name AND dead_at IS NULL ORDER BY id LIMIT 1)
             AS oldestAt
         FROM webhook_receivers ORDER BY name`,
      )
      .all();
  }

  countsOf(receiver: string): WebhookCounts {
    const counts = this.#counts.get(receiver) ?? { delivered: 0, failed: 0, dead: 0, lost: 0 };
    this.#counts.set(receiver, counts);
    return counts;
  }

  /**
   * Sends dead letters again, in the order of their events and with the full time for retries, also to receivers that
   * were gone. @returns how many
   */
  replay(search: DeadLetterSearch): number {
    const requeued = this.deadLetters.requeue(search);
    for (const name of new Set(requeued.map(({ receiver }) => receiver))) this.resume(name);
    for (const waiting of requeued) this.#notify(waiting);
    return requeued.length;
  }

  /** Writes everything that is pending. */
  flush(): void {
    this.#writes.flush();
  }

  /** Writes everything that is pending, and nothing after that. The database stays open. */
  close(): void {
    this.#writes.close();
  }

  #setGone(receiver: string, urlHash: string | null): void {
    if ((this.#gone.get(receiver) ?? null) === urlHash) return;
    this.#gone.set(receiver, urlHash);
    void this.#writes.write(() =>
      this.#database
        .query(
          `INSERT INTO webhook_receivers (name, gone_url_hash) VALUES (?1, ?2)
           ON CONFLICT (name) DO UPDATE SET gone_url_hash = ?2`,
        )
        .run(receiver, urlHash),
    );
  }

  #notify(waiting: WaitingWebhook): void {
    for (const listener of this.#listeners) listener(waiting);
  }
}
