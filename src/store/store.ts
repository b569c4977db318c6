import type { Database } from 'bun:sqlite';
import type { Logger } from '../core/log.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog } from './audit.ts';
import { Bans } from './bans.ts';
import { openDatabase, openSecondConnection } from './database.ts';
import { LoginSessions } from './login-sessions.ts';
import { Users } from './users.ts';
import { WebhookOutbox } from './webhook-outbox.ts';

export interface StoreOptions {
  /** Folder of the database file; without it everything is in memory. */
  folder?: string;
  log: Logger;
  /** Milliseconds since the epoch; the system's clock by default. */
  now?: () => number;
  /** How many days audit entries are kept; forever by default. */
  auditDays?: number;
}

const dayMs = 86_400_000;
/** How often old audit entries are deleted. */
const auditCleanupIntervalMs = 3_600_000;

/** What outlives the process, in one SQLite file: users, API keys, bans, the audit log and the outbox of webhooks. */
export class Store {
  readonly users: Users;
  readonly sessions: LoginSessions;
  readonly apiKeys: ApiKeys;
  readonly bans: Bans;
  readonly audit: AuditLog;
  readonly webhooks: WebhookOutbox;
  /** Whether everything is in memory and is lost when the process ends. */
  readonly volatile: boolean;
  readonly #database: Database;
  readonly #ends: DisposableStack;

  /** @throws Error when the database cannot be opened; then no file stays open */
  constructor({ folder, log, now = Date.now, auditDays }: StoreOptions) {
    using ends = new DisposableStack();
    const database = ends.adopt(openDatabase({ folder, log }), (opened) => opened.close());
    this.#database = database;
    this.volatile = folder === undefined;
    this.users = new Users(database, now);
    this.sessions = new LoginSessions(database, now);
    this.apiKeys = new ApiKeys(database, now);
    this.bans = new Bans(database, now);
    this.audit = new AuditLog(database, now);
    const outbox =
      folder === undefined
        ? { database }
        : ends.adopt(openSecondConnection(folder), (opened) => opened.database.close());
    this.webhooks = ends.adopt(new WebhookOutbox({ ...outbox, log, now }), (opened) => opened.close());
    const interrupted = this.audit.recover();
    if (interrupted > 0)
      log.warn('actions of moderators were interrupted when the server stopped', { interrupted });
    if (auditDays !== undefined) {
      const deleteOldEntries = () => {
        const entries = this.audit.deleteBefore(now() - auditDays * dayMs);
        if (entries > 0) log.info('old entries of the audit log were deleted', { entries, auditDays });
      };
      deleteOldEntries();
      const timer = ends.adopt(setInterval(deleteOldEntries, auditCleanupIntervalMs), clearInterval);
      timer.unref();
    }
    this.#ends = ends.move();
  }

  /** Runs the writes of a function in one transaction: all of them or none. */
  transaction<T>(run: () => T): T {
    return this.#database.transaction(run)();
  }

  close(): void {
    this.#ends.dispose();
  }
}
