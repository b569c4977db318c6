import type { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import type { FactTable } from './fact.ts';
import type { Facts } from './facts.ts';
import { hashSecret, newSecret } from './secrets.ts';
import { type User, userKey } from './users.ts';

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

/** Sessions that are opened while the database cannot be written. */
const maxUnstored = 100;

export interface LoginSessionsOptions {
  readonly database: Connection;
  readonly now: () => number;
  /** Takes what cannot be written now. */
  readonly later: BatchedWrites;
  readonly facts: Facts;
}

/**
 * The sessions of the dashboard. The browser has a random secret, the database its hash. While the database cannot be
 * written sessions are kept in memory, so that moderators can log in and act; such a session ends with the server.
 */
export class LoginSessions {
  /** By the hash of their secret; their ids are negative. */
  readonly #unstored = new Map<string, Row>();
  #lastUnstored = 0;
  /** Sessions that have ended, which is not stored yet. */
  readonly #ended = new Set<number>();

  private readonly database: Connection;
  private readonly now: () => number;
  private readonly later: BatchedWrites;
  private readonly facts: Facts;

  constructor({ database, now, later, facts }: LoginSessionsOptions) {
    this.database = database;
    this.now = now;
    this.later = later;
    this.facts = facts;
  }

  /** Opens a session. @returns the secret for the browser's cookie */
  open(options: { userId: number; address: string; agent: string }): string {
    const secret = newSecret();
    const { userId, address } = options;
    const agent = options.agent.slice(0, 256);
    const hash = hashSecret(secret);
    const csrf = newSecret();
    const now = this.now();
    const stored = this.database.attempt(() =>
      this.database
        .query(
          `INSERT INTO sessions (secret_hash, csrf, user_id, address, agent, created_at, seen_at)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)`,
        )
        .run(hash, csrf, userId, address, agent, now),
    );
    if (!stored) {
      this.#lastUnstored -= 1;
      const row = { id: this.#lastUnstored, user_id: userId, csrf, address, agent };
      this.#keep(hash, { ...row, created_at: now, seen_at: now });
    }
    return secret;
  }

  /** Finds the session of a cookie and notes that it was used. A session that is too old is deleted. */
  find(secret: string): LoginSession | undefined {
    const hash = hashSecret(secret);
    const row =
      this.#unstored.get(hash) ??
      this.database.query<Row, [string]>('SELECT * FROM sessions WHERE secret_hash = ?').get(hash);
    if (!row) return undefined;
    if (!this.#isValid(row)) {
      this.close(row.id);
      return undefined;
    }
    if (this.now() - row.seen_at > seenIntervalMs) this.#noteUse(row);
    return readRow(row);
  }

  /** Whether a session is still open. This does not count as use: a page that is only left open must time out. */
  isOpen(id: number): boolean {
    const row =
      [...this.#unstored.values()].find((unstored) => unstored.id === id) ??
      this.database.query<Row, [number]>('SELECT * FROM sessions WHERE id = ?').get(id);
    return row !== null && this.#isValid(row);
  }

  /** The open sessions, the most recently used first. */
  list(): LoginSession[] {
    const stored = this.database.query<Row, []>('SELECT * FROM sessions').all();
    return [...stored, ...this.#unstored.values()]
      .filter((row) => this.#isValid(row))
      .sort((a, b) => b.seen_at - a.seen_at)
      .map(readRow);
  }

  /** Ends a session, also while that cannot be written. */
  close(id: number): void {
    if (this.#forget((row) => row.id === id) || this.#ended.has(id)) return;
    const remove = () => void this.database.query('DELETE FROM sessions WHERE id = ?').run(id);
    if (this.database.attempt(remove)) return;
    this.#ended.add(id);
    void this.later.write(remove).then(() => this.#ended.delete(id));
  }

  /** Ends every session of a user on every node, except the one of this node with the id `except`. */
  closeAllOf({ id, name }: Pick<User, 'id' | 'name'>, except = 0): void {
    this.#forget((row) => row.user_id === id && row.id !== except);
    this.database.transaction(() => {
      this.database.query('DELETE FROM sessions WHERE user_id = ? AND id <> ?').run(id, except);
      this.#writeEnd(userKey(name), this.facts.clock.latest);
      this.facts.decided({ kind: 'logins', name: userKey(name), scope: '' });
    });
  }

  /** When the logins of users were made void, as facts. Sessions themselves stay with their node. */
  readonly logins: FactTable<'logins'> = {
    readFact: ({ name }) =>
      this.database
        .query<{ until: number }, [string]>('SELECT until FROM login_ends WHERE name = ?')
        .get(name),
    writeFact: ({ name }, body) => {
      if (body === null) return false;
      const { until } = body;
      this.#writeEnd(name, until);
      const user = this.database
        .query<{ id: number }, [string]>('SELECT id FROM users WHERE name = ?')
        .get(name);
      if (!user) return true;
      this.#forget((row) => row.user_id === user.id && row.created_at <= until);
      this.database.query('DELETE FROM sessions WHERE user_id = ? AND created_at <= ?').run(user.id, until);
      return true;
    },
  };

  #writeEnd(name: string, until: number): void {
    this.database
      .query(
        'INSERT INTO login_ends (name, until) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET until = max(until, ?2)',
      )
      .run(name, until);
  }

  /** Notes that a session is used. It is good also while that cannot be written. */
  #noteUse(row: Row): void {
    const now = this.now();
    if (row.id < 0) row.seen_at = now;
    else
      this.database.attempt(() =>
        this.database.query('UPDATE sessions SET seen_at = ? WHERE id = ?').run(now, row.id),
      );
  }

  #keep(hash: string, row: Row): void {
    const [oldest] = this.#unstored.keys();
    if (this.#unstored.size >= maxUnstored && oldest !== undefined) this.#unstored.delete(oldest);
    this.#unstored.set(hash, row);
  }

  /** Ends unstored sessions. @returns whether there were any */
  #forget(selects: (row: Row) => boolean): boolean {
    const ended = [...this.#unstored].filter(([, row]) => selects(row));
    for (const [hash] of ended) this.#unstored.delete(hash);
    return ended.length > 0;
  }

  #isValid(row: Row): boolean {
    const now = this.now();
    const { idleMs, maxAgeMs } = sessionLimits;
    return !this.#ended.has(row.id) && now - row.seen_at <= idleMs && now - row.created_at <= maxAgeMs;
  }
}

function readRow(row: Row): LoginSession {
  const { id, csrf, address, agent } = row;
  return { id, csrf, address, agent, userId: row.user_id, createdAt: row.created_at, seenAt: row.seen_at };
}
