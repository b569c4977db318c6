import type { Database, SQLQueryBindings } from 'bun:sqlite';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { Journal } from './journal.ts';
import { gone, isStorageError, slow, storageError, type Trouble, troubleOf } from './storage-trouble.ts';

export interface ConnectionOptions {
  /** Path of the database's file; undefined in memory. */
  file?: string;
  log: Logger;
  clock?: Clock;
}

/** A statement, whose errors are those of `Connection`. */
export interface Query<R, P extends SQLQueryBindings[]> {
  get(...bindings: P): R | null;
  all(...bindings: P): R[];
  run(...bindings: P): { readonly changes: number; readonly lastInsertRowid: number | bigint };
}

/** How long a write may hold up the event loop while another program has the database locked. */
const busyTimeoutMs = 25;
/** How often it is looked whether the files are still there, and whether a write works again. */
const watchIntervalMs = 1000;
/** A lock that is shorter than this is no reason to send calls elsewhere. */
const lockToleranceMs = 2000;
/** How long a caller waits for the disk to confirm what was written. */
const syncTimeoutMs = 5000;

/**
 * The one connection to the database. It knows whether writes work: a full, read-only, slow or missing disk and a
 * database that another program has locked become SfuErrors, are logged when they begin and end, and make the node
 * unready. Nothing here waits for a disk or a lock for longer than a moment.
 */
export class Connection {
  readonly #journal: Journal | undefined;
  readonly #clock: Clock;
  /** The database and its write-ahead log, and which files they were when they were opened. */
  readonly #files: readonly { readonly path: string; readonly identity: string }[];
  #trouble: (Trouble & { readonly since: number }) | undefined;
  #cancelWatch: () => void = () => {};
  /** Ends each wait for the disk. */
  readonly #waits = new Set<() => void>();
  #closed = false;

  /** @param database one in WAL mode when it is in a file, whose schema is the newest */
  constructor(
    private readonly database: Database,
    private readonly options: ConnectionOptions,
  ) {
    const { file, clock = systemClock } = options;
    this.#clock = clock;
    // What is written survives the end of the process. Who has to know that it survives a loss of power awaits `synced`.
    for (const pragma of ['synchronous = NORMAL', `busy_timeout = ${busyTimeoutMs}`])
      database.run(`PRAGMA ${pragma}`);
    const paths = file === undefined ? [] : [file, `${file}-wal`];
    this.#files = paths.map((path) => ({ path, identity: identityOf(statSync(path)) }));
    if (file === undefined) return;
    this.#journal = new Journal(`${file}-wal`);
    this.#scheduleWatch();
  }

  /** Why the node should get no new calls: what would be decided in them could not be stored. */
  get unreadyReasons(): string[] {
    const trouble = this.#trouble;
    if (!trouble) return [];
    const isShortLock = trouble.kind === 'locked' && this.#clock.elapsed() - trouble.since < lockToleranceMs;
    return isShortLock ? [] : [trouble.reason];
  }

  /** Whether the last write worked. */
  get isWritable(): boolean {
    return this.#trouble === undefined;
  }

  /** A statement. What it throws is an SfuError storage_busy or storage_unavailable when the disk is the cause. */
  query<R, P extends SQLQueryBindings[] = SQLQueryBindings[]>(sql: string): Query<R, P> {
    const statement = () => this.database.query<R, SQLQueryBindings[]>(sql);
    return {
      get: (...bindings) => this.#guard(() => statement().get(...bindings)),
      all: (...bindings) => this.#guard(() => statement().all(...bindings)),
      run: (...bindings) => this.#write(() => statement().run(...bindings)),
    };
  }

  /** Runs the writes of a function in one transaction: all of them or none. @throws SfuError like `query` */
  transaction<T>(run: () => T): T {
    // Immediate: one that begins to write after it has read fails at once when somebody else wrote in between.
    return this.#write(() => this.database.transaction(run).immediate());
  }

  /** Runs a write that may be left out when the disk does not take it. @returns whether it was written */
  attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return false;
    }
  }

  /**
   * Resolves when everything that was written so far is on the disk. @throws SfuError storage_unavailable when the disk
   * fails, or does not confirm it in time
   */
  async synced(): Promise<void> {
    if (!this.#journal) return;
    const ended = Promise.withResolvers<'late' | 'closed'>();
    const cancel = this.#clock.after(syncTimeoutMs, () => ended.resolve('late'));
    const close = () => {
      cancel();
      ended.resolve('closed');
    };
    this.#waits.add(close);
    try {
      const synced = this.#journal.sync();
      if ((await Promise.race([synced, ended.promise])) !== 'late') return;
      this.#begin(slow);
      synced.then(
        () => this.#end(slow),
        (error: unknown) => {
          this.#end(slow);
          this.#failed(error);
        },
      );
    } catch (error) {
      throw this.#failed(error);
    } finally {
      cancel();
      this.#waits.delete(close);
    }
    throw storageError(slow);
  }

  close(): void {
    this.#closed = true;
    this.#cancelWatch();
    this.#journal?.close();
    // This syncs, too.
    this.database.close();
    for (const close of this.#waits) close();
  }

  #write<T>(run: () => T): T {
    return this.#guard(() => {
      if (!this.database.inTransaction) this.#requireFiles();
      return run();
    });
  }

  #guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** The error to throw for one that was caught. Trouble that it tells of begins. */
  #failed(error: unknown): unknown {
    const found = troubleOf(error);
    if (!found) return error;
    const trouble = found.kind === 'failing' ? (this.#trouble ?? this.#troubleOfDisk() ?? found) : found;
    this.#begin(trouble, error);
    return storageError(trouble, error);
  }

  /** SQLite has one error for many that the system tells apart when a file is made. */
  #troubleOfDisk(): Trouble | undefined {
    const { file } = this.options;
    if (file === undefined) return undefined;
    try {
      writeFileSync(`${file}-probe`, '');
      rmSync(`${file}-probe`);
      return undefined;
    } catch (error) {
      return troubleOf(error);
    }
  }

  /** SQLite goes on writing into files that were deleted or replaced. @throws SfuError storage_unavailable */
  #requireFiles(): void {
    for (const { path, identity } of this.#files) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found && identityOf(found) === identity) continue;
      this.#begin(gone);
      throw storageError(gone);
    }
  }

  #begin(trouble: Trouble, error?: unknown): void {
    const known = this.#trouble;
    if (known?.kind === trouble.kind) return;
    this.#trouble = { ...trouble, since: this.#clock.elapsed() };
    // One write has waited for the lock. As long as it lasts the others do not.
    if (trouble.kind === 'locked') this.database.run('PRAGMA busy_timeout = 0');
    this.options.log.error('the database cannot be written', { reason: trouble.reason, error });
  }

  /** Ends the trouble, or only this one. */
  #end(only?: Trouble): void {
    if (!this.#trouble || this.#closed || (only && this.#trouble.kind !== only.kind)) return;
    const { reason } = this.#trouble;
    this.#trouble = undefined;
    this.database.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    this.options.log.info('the database can be written again', { before: reason });
  }

  #scheduleWatch(): void {
    if (this.#closed) return;
    this.#cancelWatch = this.#clock.after(watchIntervalMs, () => {
      void this.#watch().finally(() => this.#scheduleWatch());
    });
  }

  async #watch(): Promise<void> {
    const found = await Promise.all(this.#files.map(({ path }) => stat(path).catch(() => undefined)));
    if (this.#closed) return;
    const isThere = found.every((file, index) => file && identityOf(file) === this.#files[index]?.identity);
    if (!isThere) this.#begin(gone);
    else if (this.#trouble && this.#trouble.kind !== 'slow') this.#tryWrite();
  }

  /** Writes what is there already: only a write shows that there is room. */
  #tryWrite(): void {
    this.attempt(() => {
      this.transaction(() => {
        const { user_version: version } = this.database
          .query<{ user_version: number }, []>('PRAGMA user_version')
          .get() ?? { user_version: 0 };
        this.database.run(`PRAGMA user_version = ${version}`);
      });
      this.#end();
    });
  }
}

function identityOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`;
}
