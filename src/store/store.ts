import { type Clock, systemClock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { ApiKeys } from './api-keys.ts';
import { AuditLog } from './audit.ts';
import { Bans } from './bans.ts';
import { BatchedWrites } from './batched-writes.ts';
import type { Connection } from './connection.ts';
import { openDatabase } from './database.ts';
import { Facts } from './facts.ts';
import { Installation } from './installation.ts';
import { LoginSessions } from './login-sessions.ts';
import { isStorageError } from './storage-trouble.ts';
import { Timelines } from './timelines.ts';
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
  /** How many hours of what happened are kept; 24 by default, none with 0. */
  timelineHours?: number;
}

export interface StorageState {
  readonly writable: boolean;
  readonly waiting: number;
  readonly lost: number;
  /** What other nodes are still to be told, and what of theirs was refused since the start. */
  readonly facts: { readonly waiting: number; readonly refused: number };
}

const dayMs = 86_400_000;
/** How often what is old enough is deleted. */
const cleanUpIntervalMs = 3_600_000;

/**
 * What outlives the process, in one SQLite file: users, API keys, bans, the audit log and the outbox of webhooks. The
 * timelines have another, for their loss would cost little.
 */
export class Store implements Disposable {
  readonly users: Users;
  readonly sessions: LoginSessions;
  readonly apiKeys: ApiKeys;
  readonly bans: Bans;
  readonly audit: AuditLog;
  readonly webhooks: WebhookOutbox;
  /** What happened in the last hours. */
  readonly timelines: Timelines;
  readonly installation: Installation;
  /** What the nodes of a mesh tell each other to keep: bans, removals, users, API keys. */
  readonly facts: Facts;
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
    this.installation = new Installation(database);
    const own = new Facts({ database, node: this.installation.id, now, log });
    const facts = ends.adopt(own, (opened) => opened.close());
    this.facts = facts;
    this.users = new Users(database, now, facts);
    this.sessions = new LoginSessions({ database, now, later, facts });
    this.apiKeys = new ApiKeys(database, now, facts);
    this.bans = new Bans({ database, now, later, facts });
    facts.connect({
      ban: this.bans.bans,
      removal: this.bans.removals,
      logins: this.sessions.logins,
      user: this.users.users,
      key: this.apiKeys.keys,
    });
    this.audit = new AuditLog({ database, now, later, log });
    this.webhooks = ends.adopt(new WebhookOutbox({ database, log, now }), (opened) => opened.close());
    const { timelineHours: hours = 24 } = options;
    this.timelines = ends.adopt(new Timelines({ folder, hours, log, now }), (opened) => opened.close());
    const interrupted = this.audit.recover();
    if (interrupted > 0)
      log.warn('actions of moderators were interrupted when the server stopped', { interrupted });
    this.#cleanUp(options);
    const timer = ends.adopt(
      setInterval(() => this.#cleanUp(options), cleanUpIntervalMs),
      clearInterval,
    );
    timer.unref();
    this.#ends = ends.move();
  }

  /** Why the node should get no new calls: what is decided in them could not be stored. */
  get unreadyReasons(): string[] {
    return this.#database.unreadyReasons;
  }

  /** What the metrics say of it. */
  get state(): StorageState {
    const { isWritable: writable } = this.#database;
    const { outbox, refused } = this.facts;
    const facts = { waiting: outbox.size, refused };
    return { writable, waiting: this.#later.size, lost: this.audit.lost, facts };
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

  [Symbol.dispose](): void {
    this.close();
  }

  /** Deletes what is old enough. What cannot be deleted now is deleted an hour later. */
  #cleanUp({ auditDays, log, clock = systemClock, now = () => clock.now() }: StoreOptions): void {
    try {
      this.facts.prune();
      if (auditDays === undefined) return;
      const entries = this.audit.deleteBefore(now() - auditDays * dayMs);
      if (entries > 0) log.info('old entries of the audit log were deleted', { entries, auditDays });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      log.warn('old entries cannot be deleted', { reason: error.message });
    }
  }
}
