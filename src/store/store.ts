import type { Database } from 'bun:sqlite';
import type { Logger } from '../core/log.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog } from './audit.ts';
import { Bans } from './bans.ts';
import { openBeside, openDatabase } from './database.ts';
import { Sessions } from './sessions.ts';
import { Users } from './users.ts';
import { WebhookOutbox } from './webhook-outbox.ts';

export interface StoreOptions {
  /** Where the database file is; without it everything is in memory. */
  folder?: string;
  log: Logger;
  /** Milliseconds since the epoch; the system's clock unless told. */
  now?: () => number;
  /** For how many days audit entries are kept; for good unless told. */
  auditDays?: number;
}

const day = 86_400_000;
/** How often it is looked for audit entries that are too old. */
const shortenEvery = 3_600_000;

/** What outlives the process: people, bans, the audit log and webhooks that wait, in one SQLite file. */
export class Store {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly bans: Bans;
  readonly audit: AuditLog;
  readonly webhooks: WebhookOutbox;
  /** Whether it is in memory and ends with the process. */
  readonly volatile: boolean;
  readonly #database: Database;
  readonly #ends: DisposableStack;

  /** @throws Error when the database cannot be opened; then no file of it stays open */
  constructor({ folder, log, now = Date.now, auditDays }: StoreOptions) {
    using ends = new DisposableStack();
    const database = ends.adopt(openDatabase({ folder, log }), (opened) => opened.close());
    this.#database = database;
    this.volatile = folder === undefined;
    this.users = new Users(database, now);
    this.sessions = new Sessions(database, now);
    this.apiKeys = new ApiKeys(database, now);
    this.bans = new Bans(database, now);
    this.audit = new AuditLog(database, now);
    const outbox =
      folder === undefined
        ? { database }
        : ends.adopt(openBeside(folder), (beside) => beside.database.close());
    this.webhooks = ends.adopt(new WebhookOutbox({ ...outbox, log, now }), (opened) => opened.close());
    const interrupted = this.audit.recover();
    if (interrupted > 0)
      log.warn('actions of moderators were interrupted by the end of the server', { interrupted });
    if (auditDays !== undefined) {
      const shorten = () => {
        const entries = this.audit.shorten(now() - auditDays * day);
        if (entries > 0) log.info('old entries of the audit log were deleted', { entries, auditDays });
      };
      shorten();
      const timer = ends.adopt(setInterval(shorten, shortenEvery), clearInterval);
      timer.unref();
    }
    this.#ends = ends.move();
  }

  /** All or nothing. */
  transaction<T>(run: () => T): T {
    return this.#database.transaction(run)();
  }

  close(): void {
    this.#ends.dispose();
  }
}
