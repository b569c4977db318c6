import { type Clock, systemClock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog } from './audit.ts';
import { Bans } from './bans.ts';
import { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import { Installation } from './installation.ts';
import { LoginSessions } from './login-sessions.ts';
import { isStorageError } from './storage-trouble.ts';
import { Users } from './users.ts';
import { WebhookOutbox } from './webhook-outbox.ts';

export interface StoreOptions {
  /** Folder of the database file; without it everything is in memory. */
  folder?: string;
  log: Logger;
  /** Milliseconds since the epoch; the clock's by default. */
  now?: () => number;
  clock?: Clock;
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
  readonly installation: Installation;
  /** Whether everything is in memory and is lost when the process ends. */
  readonly volatile: boolean;
  readonly #database: Connection;
  /** What was carried out and could not be written yet. */
  readonly #later: BatchedWrites;
  readonly #ends: DisposableStack;

  /** @throws Error when the database cannot be opened; then no file stays open */
  constructor(options: StoreOptions) {
    const { folder, log, clock = systemClock, now = () => clock.now() } = options;
    using ends = new DisposableStack();
    const database = ends.adopt(openDatabase({ folder, log, clock }), (opened) => opened.close());
    this.#database = database;
    this.volatile = folder === undefined;
    const later = new BatchedWrites(database, log, 'records of what moderators did');
    this.#later = ends.adopt(later, (opened) => opened.close());
    this.users = new Users(database, now);
    this.sessions = new LoginSessions(database, now, later);
    this.apiKeys = new ApiKeys(database, now);
    this.installation = new Installation(database);
    this.bans = new Bans(database, now, later);
    this.audit = new AuditLog({ database, now, later, log });
    this.webhooks = ends.adopt(new WebhookOutbox({ database, log, now }), (opened) => opened.close());
    const interrupted = this.audit.recover();
    if (interrupted > 0)
      log.warn('actions of moderators were interrupted when the server stopped', { interrupted });
    if (options.auditDays !== undefined) this.#keepShort(options.auditDays, { log, now, ends });
    this.#ends = ends.move();
  }

  /** Why the node should get no new calls: what is decided in them could not be stored. */
  get unreadyReasons(): string[] {
    return this.#database.unreadyReasons;
  }

  /** What the metrics say of it. */
  get state(): { readonly writable: boolean; readonly waiting: number; readonly lost: number } {
    const { isWritable: writable } = this.#database;
    return { writable, waiting: this.#later.size, lost: this.audit.lost };
  }

  /**
   * Runs the writes of a function in one transaction: all of them or none.
   * @throws SfuError storage_unavailable, storage_busy when they cannot be stored
   */
  transaction<T>(run: () => T): T {
    return this.#database.transaction(run);
  }

  /**
   * Resolves when everything that was written is on the disk and survives a loss of power, which is what an answer
   * waits for. @throws SfuError storage_unavailable when the disk fails or does not confirm it in time
   */
  synced(): Promise<void> {
    return this.#database.synced();
  }

  close(): void {
    this.#ends.dispose();
  }

  #keepShort(
    auditDays: number,
    { log, now, ends }: { log: Logger; now: () => number; ends: DisposableStack },
  ): void {
    const deleteOldEntries = () => {
      try {
        const entries = this.audit.deleteBefore(now() - auditDays * dayMs);
        if (entries > 0) log.info('old entries of the audit log were deleted', { entries, auditDays });
      } catch (error) {
        // They are deleted an hour later, then.
        if (!isStorageError(error)) throw error;
        log.warn('old entries of the audit log cannot be deleted', { reason: error.message });
      }
    };
    deleteOldEntries();
    const timer = ends.adopt(setInterval(deleteOldEntries, auditCleanupIntervalMs), clearInterval);
    timer.unref();
  }
}
