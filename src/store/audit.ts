import type { LogFields, Logger } from '../core/log.ts';
import type { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';

/** Who did something: an actor of the domain. */
export interface AuditActor {
  readonly kind: string;
  readonly id: string;
}

/** An action that is going to be carried out. */
export interface AuditIntent {
  readonly by: AuditActor;
  /** The IP address of the request, if it is known. */
  readonly address?: string;
  /** A stable word such as `peer.remove`. */
  readonly action: string;
  readonly roomId?: string;
  readonly peerId?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly reason?: string;
}

/** An action with its result. Times are milliseconds since the epoch. */
export interface AuditEntry {
  readonly id: number;
  readonly time: number;
  readonly by: AuditActor;
  readonly address: string;
  readonly action: string;
  readonly roomId: string | null;
  readonly peerId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly reason: string;
  /** `done`, `failed: ...` or `interrupted: ...`; null while the action is running. */
  readonly result: string | null;
  readonly finishedAt: number | null;
}

export interface AuditSearch {
  /** Text to find in actor, address, action, room, peer, reason, details or result. */
  readonly text?: string;
  /** Only entries older than the one with this id. */
  readonly before?: number;
  readonly roomId?: string;
  readonly limit: number;
}

interface Row {
  id: number;
  time: number;
  actor_kind: string;
  actor_id: string;
  address: string;
  action: string;
  room_id: string | null;
  peer_id: string | null;
  details: string;
  reason: string;
  result: string | null;
  finished_at: number | null;
}

const entries = `
SELECT intent.id, intent.time, intent.actor_kind, intent.actor_id, intent.address, intent.action, intent.room_id,
  intent.peer_id, intent.details, intent.reason, outcome.result, outcome.time AS finished_at
FROM audit AS intent LEFT JOIN audit AS outcome ON outcome.intent_id = intent.id
WHERE intent.intent_id IS NULL`;

/** The result of an action that has ended. */
export interface AuditOutcome {
  readonly result: string;
  /** When it began, if that is not now; milliseconds since the epoch. */
  readonly begunAt?: number;
}

export interface AuditLogOptions {
  readonly database: Connection;
  readonly now: () => number;
  /** Takes what cannot be written now. */
  readonly later: BatchedWrites;
  readonly log: Logger;
}

/**
 * The audit log: who did what to whom, from where, why, and with what result. It is append-only, except that old entries
 * may be deleted. An action is written as an intent before it runs and as a result after it, so that a crash in between
 * loses neither.
 */
export class AuditLog {
  /** Entries that were never written, because the disk was full for too long. */
  lost = 0;

  readonly #database: Connection;
  readonly #now: () => number;
  readonly #later: BatchedWrites;
  readonly #log: Logger;

  constructor({ database, now, later, log }: AuditLogOptions) {
    this.#database = database;
    this.#now = now;
    this.#later = later;
    this.#log = log;
  }

  /** The time of an entry that is made now. */
  get time(): number {
    return this.#now();
  }

  /** Records an action before it runs. @returns the entry's id, for `finish` */
  begin(intent: AuditIntent, time: number = this.#now()): number {
    const { by, address = '', action, roomId = null, peerId = null, details = {}, reason = '' } = intent;
    const { lastInsertRowid } = this.#database
      .query(
        `INSERT INTO audit (time, actor_kind, actor_id, address, action, room_id, peer_id, details, reason)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(time, by.kind, by.id, address, action, roomId, peerId, JSON.stringify(details), reason);
    return Number(lastInsertRowid);
  }

  /**
   * Records the result of an action, which has already happened: when it cannot be written, it is kept and tried again.
   * An entry keeps its first result.
   */
  finish(id: number, result: string): void {
    const time = this.#now();
    this.#writeOrKeep(() => this.#finish(id, result, time), { id, result });
  }

  /** Records an action that is over once this is written. @throws SfuError storage_unavailable, storage_busy */
  record(intent: AuditIntent, result = 'done'): void {
    const time = this.#now();
    this.#database.transaction(() => this.#finish(this.begin(intent, time), result, time));
  }

  /** Records an action that has already happened. When it cannot be written, it is kept and tried again. */
  note(intent: AuditIntent, { result, begunAt = this.#now() }: AuditOutcome): void {
    const time = this.#now();
    const { by, address, action, roomId, peerId, details, reason } = intent;
    this.#writeOrKeep(
      () => this.#database.transaction(() => this.#finish(this.begin(intent, begunAt), result, time)),
      { by, address, action, roomId, peerId, details, reason, result },
    );
  }

  #finish(id: number, result: string, time: number): void {
    this.#database
      .query(
        `INSERT OR IGNORE INTO audit (time, intent_id, actor_kind, actor_id, address, action, details, reason, result)
         SELECT ?, id, actor_kind, actor_id, address, action, '{}', '', ? FROM audit WHERE id = ?`,
      )
      .run(time, result, id);
  }

  /** @param entry for the log, which is then the only record that survives a restart */
  #writeOrKeep(write: () => void, entry: LogFields): void {
    if (this.#database.attempt(write)) return;
    this.#log.warn('an entry of the audit log cannot be written yet', { entry });
    if (this.#later.isFull) this.lost += 1;
    else void this.#later.write(write);
  }

  /** The entries that match, the newest first. */
  search({ text = '', before, roomId, limit }: AuditSearch): AuditEntry[] {
    const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    const fields = ['actor_id', 'address', 'action', 'room_id', 'peer_id', 'reason', 'details'];
    const matches = [...fields.map((field) => `intent.${field}`), 'outcome.result']
      .map((field) => `${field} LIKE ?1 ESCAPE '\\'`)
      .join(' OR ');
    return this.#database
      .query<Row, [string, number, string | null, number]>(
        `${entries} AND (${matches}) AND intent.id < ?2 AND (?3 IS NULL OR intent.room_id = ?3) ORDER BY intent.id DESC LIMIT ?4`,
      )
      .all(pattern, before ?? Number.MAX_SAFE_INTEGER, roomId ?? null, limit)
      .map(readRow);
  }

  /** Every entry as a line of JSON, the oldest first. It is read in pages, because the log may be long. */
  *lines(): Generator<string> {
    const page = this.#database.query<Row, [number]>(
      `${entries} AND intent.id > ? ORDER BY intent.id LIMIT 500`,
    );
    for (let last = 0; ; ) {
      const rows = page.all(last);
      if (rows.length === 0) return;
      yield `${rows.map((row) => JSON.stringify(readRow(row))).join('\n')}\n`;
      last = rows.at(-1)?.id ?? last;
    }
  }

  /**
   * Deletes the entries that were finished before a time, and records that. The database itself refuses to delete newer
   * ones. @returns how many entries were deleted
   */
  deleteBefore(before: number): number {
    const old = 'SELECT intent_id FROM audit WHERE intent_id IS NOT NULL AND time < ?1';
    return this.#database.transaction(() => {
      const { n = 0 } =
        this.#database.query<{ n: number }, [number]>(`SELECT count(*) AS n FROM (${old})`).get(before) ?? {};
      if (n === 0) return 0;
      this.#database.query('UPDATE audit_horizon SET time = ?').run(before);
      this.#database.query(`DELETE FROM audit WHERE id IN (${old}) OR intent_id IN (${old})`).run(before);
      const details = { entries: n, until: before };
      this.record({ by: { kind: 'server', id: 'retention' }, action: 'audit.shorten', details });
      return n;
    });
  }

  /** The time since which no entries are missing, in milliseconds since the epoch; null when none was ever deleted. */
  get completeSince(): number | null {
    const row = this.#database.query<{ time: number }, []>('SELECT time FROM audit_horizon').get();
    return row && row.time > 0 ? row.time : null;
  }

  /** Marks the actions that a crash left without a result as interrupted. @returns how many there were */
  recover(): number {
    const open = this.#database
      .query<{ id: number }, []>(
        `SELECT id FROM audit AS intent WHERE intent_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM audit WHERE intent_id = intent.id)`,
      )
      .all();
    for (const { id } of open)
      this.finish(id, 'interrupted: the server ended before the result was recorded');
    return open.length;
  }
}

function readRow(row: Row): AuditEntry {
  const { id, time, address, action, reason, result } = row;
  return {
    id,
    time,
    by: { kind: row.actor_kind, id: row.actor_id },
    address,
    action,
    roomId: row.room_id,
    peerId: row.peer_id,
    details: JSON.parse(row.details) as Record<string, unknown>,
    reason,
    result,
    finishedAt: row.finished_at,
  };
}
