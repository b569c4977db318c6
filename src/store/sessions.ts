import type { Database } from 'bun:sqlite';
import { hashSecret, newSecret } from './secrets.ts';

/** A login of somebody. */
export interface Session {
  readonly id: number;
  readonly userId: number;
  /** What every changing request must repeat. */
  readonly csrf: string;
  readonly address: string;
  readonly agent: string;
  readonly createdAt: number;
  readonly seenAt: number;
}

export interface SessionLimits {
  /** Milliseconds without a request after which it ends. */
  readonly idle: number;
  /** Milliseconds after which it ends in any case. */
  readonly absolute: number;
}

const hour = 3_600_000;
export const sessionLimits: SessionLimits = { idle: 8 * hour, absolute: 7 * 24 * hour };
/** Seeing is written down once in so many milliseconds, not for every request. */
const seenStep = 60_000;

interface Row {
  id: number;
  user_id: number;
  csrf: string;
  address: string;
  agent: string;
  created_at: number;
  seen_at: number;
}

/** Sessions of the dashboard. The browser holds a random secret, the database its hash. */
export class Sessions {
  constructor(
    private readonly database: Database,
    private readonly now: () => number,
    private readonly limits: SessionLimits = sessionLimits,
  ) {}

  /** @returns the secret for the browser's cookie */
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

  /** The session of a cookie; ones that are too old end here. */
  find(secret: string): Session | undefined {
    const row = this.database
      .query<Row, [string]>('SELECT * FROM sessions WHERE secret_hash = ?')
      .get(hashSecret(secret));
    if (!row) return undefined;
    if (!this.#lives(row)) {
      this.close(row.id);
      return undefined;
    }
    const now = this.now();
    if (now - row.seen_at > seenStep)
      this.database.query('UPDATE sessions SET seen_at = ? WHERE id = ?').run(now, row.id);
    return readRow(row);
  }

  /** Whether a session is still open, without counting as use of it: a page that is only left open must run out. */
  isOpen(id: number): boolean {
    const row = this.database.query<Row, [number]>('SELECT * FROM sessions WHERE id = ?').get(id);
    return row !== null && this.#lives(row);
  }

  /** The ones that live, the last used first. */
  list(): Session[] {
    return this.database
      .query<Row, []>('SELECT * FROM sessions ORDER BY seen_at DESC')
      .all()
      .filter((row) => this.#lives(row))
      .map(readRow);
  }

  close(id: number): void {
    this.database.query('DELETE FROM sessions WHERE id = ?').run(id);
  }

  /** Ends every session of a user, but for one that is to stay. */
  closeAllOf(userId: number, except = -1): void {
    this.database.query('DELETE FROM sessions WHERE user_id = ? AND id <> ?').run(userId, except);
  }

  #lives(row: Row): boolean {
    const now = this.now();
    return now - row.seen_at <= this.limits.idle && now - row.created_at <= this.limits.absolute;
  }
}

function readRow(row: Row): Session {
  const { id, csrf, address, agent } = row;
  return { id, csrf, address, agent, userId: row.user_id, createdAt: row.created_at, seenAt: row.seen_at };
}
