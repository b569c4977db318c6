import type { Database } from 'bun:sqlite';
import { hashSecret, newSecret } from './secrets.ts';

/** A user's login to the dashboard. Times are milliseconds since the epoch. */
export interface LoginSession {
  readonly id: number;
  readonly userId: number;
  /** The token that every changing request must repeat. */
  readonly csrf: string;
  readonly address: string;
  readonly agent: string;
  readonly createdAt: number;
  readonly seenAt: number;
}

export interface SessionLimits {
  /** A session ends after this long without a request. */
  readonly idleMs: number;
  /** A session ends at this age in any case. */
  readonly maxAgeMs: number;
}

const hourMs = 3_600_000;
export const sessionLimits: SessionLimits = { idleMs: 8 * hourMs, maxAgeMs: 7 * 24 * hourMs };
/** `seenAt` is written at most this often, not for every request. */
const seenIntervalMs = 60_000;

interface Row {
  id: number;
  user_id: number;
  csrf: string;
  address: string;
  agent: string;
  created_at: number;
  seen_at: number;
}

/** The sessions of the dashboard. The browser has a random secret, the database its hash. */
export class LoginSessions {
  constructor(
    private readonly database: Database,
    private readonly now: () => number,
    private readonly limits: SessionLimits = sessionLimits,
  ) {}

  /** Opens a session. @returns the secret for the browser's cookie */
  open(options: { userId: number; address: string; agent: string }): string {
    const secret = newSecret();
    const { userId, address, agent } = options;
    this.database
      .query(
        `INSERT INTO sessions (secret_hash, csrf, user_id, address, agent, created_at, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)`,
      )
      .run(hashSecret(secret), newSecret(), userId, address, agent.slice(0, 256), this.now());
    return secret;
  }

  /** Finds the session of a cookie and notes that it was used. A session that is too old is deleted. */
  find(secret: string): LoginSession | undefined {
    const row = this.database
      .query<Row, [string]>('SELECT * FROM sessions WHERE secret_hash = ?')
      .get(hashSecret(secret));
    if (!row) return undefined;
    if (!this.#isValid(row)) {
      this.close(row.id);
      return undefined;
    }
    const now = this.now();
    if (now - row.seen_at > seenIntervalMs)
      this.database.query('UPDATE sessions SET seen_at = ? WHERE id = ?').run(now, row.id);
    return readRow(row);
  }

  /** Whether a session is still open. This does not count as use: a page that is only left open must time out. */
  isOpen(id: number): boolean {
    const row = this.database.query<Row, [number]>('SELECT * FROM sessions WHERE id = ?').get(id);
    return row !== null && this.#isValid(row);
  }

  /** The open sessions, the most recently used first. */
  list(): LoginSession[] {
    return this.database
      .query<Row, []>('SELECT * FROM sessions ORDER BY seen_at DESC')
      .all()
      .filter((row) => this.#isValid(row))
      .map(readRow);
  }

  close(id: number): void {
    this.database.query('DELETE FROM sessions WHERE id = ?').run(id);
  }

  /** Ends every session of a user, except the one with the id `except`. */
  closeAllOf(userId: number, except = -1): void {
    this.database.query('DELETE FROM sessions WHERE user_id = ? AND id <> ?').run(userId, except);
  }

  #isValid(row: Row): boolean {
    const now = this.now();
    return now - row.seen_at <= this.limits.idleMs && now - row.created_at <= this.limits.maxAgeMs;
  }
}

function readRow(row: Row): LoginSession {
  const { id, csrf, address, agent } = row;
  return { id, csrf, address, agent, userId: row.user_id, createdAt: row.created_at, seenAt: row.seen_at };
}
