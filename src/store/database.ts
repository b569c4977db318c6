import { Database } from 'bun:sqlite';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import { Connection } from './connection.ts';
import { migrations } from './migrations/index.ts';
import { isDamage } from './storage-trouble.ts';

/** Where the database is in its folder. */
export const databaseFile = (folder: string) => join(folder, 'tureen.sqlite');
/** How long a start waits for another program that has the database locked. */
const startTimeoutMs = 5000;

export interface DatabaseOptions {
  /** Folder of the database file; without it the database is in memory. */
  folder?: string;
  log: Logger;
  clock?: Clock;
}

/**
 * Opens the database and brings it to the newest schema.
 * @throws Error when the folder cannot be written or a newer server wrote the file; then it is closed again
 */
export function openDatabase({ folder, log, clock }: DatabaseOptions): Connection {
  if (folder === undefined) {
    log.warn(
      'bans, users and the audit log are kept in memory and are lost when the server stops; set TUREEN_DATA_DIR',
    );
  }
  using ends = new DisposableStack();
  const isNew = folder !== undefined && !existsSync(databaseFile(folder));
  const database = ends.adopt(open(folder), (opened) => opened.close());
  migrate(database);
  // A folder that was mistyped is seen by this line.
  if (isNew)
    log.warn('there was no database in TUREEN_DATA_DIR, so this node starts with an empty one', { folder });
  const file = folder === undefined ? undefined : databaseFile(folder);
  const connection = new Connection(database, { file, log, clock });
  ends.move();
  return connection;
}

function open(folder: string | undefined): Database {
  if (folder === undefined) return prepared(new Database(':memory:', { strict: true }));
  try {
    // It holds addresses of people and hashes of passwords: only the server's own user may read it.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = databaseFile(folder);
    const database = new Database(file, { strict: true, create: true });
    // The folder may have been there before, open to all. SQLite gives the journal the mode of the database.
    chmodSync(file, 0o600);
    return prepared(database);
  } catch (error) {
    if (isDamage(error))
      throw new Error(
        `the database "${databaseFile(folder)}" is damaged (${error.message}). Restore a backup (tureen restore FILE), or move the file away to start with an empty one: without bans, users and the audit log`,
        { cause: error },
      );
    throw new Error(
      `TUREEN_DATA_DIR: cannot open a database in "${folder}": ${(error as Error).message}. Set it to a folder that the server may write`,
      { cause: error },
    );
  }
}

/** Sets the connection up. A database that cannot be used is closed. */
function prepared(opened: Database): Database {
  using ends = new DisposableStack();
  const database = ends.adopt(opened, (failed) => failed.close());
  for (const pragma of [`busy_timeout = ${startTimeoutMs}`, 'journal_mode = WAL', 'foreign_keys = ON'])
    database.run(`PRAGMA ${pragma}`);
  // Reading opens the write-ahead log.
  database.query('SELECT count(*) FROM sqlite_schema').get();
  ends.move();
  return database;
}

/** Brings a database to the newest schema. Each step has its own transaction, so an interrupted one starts again. */
export function migrate(database: Database, steps: readonly string[] = migrations): void {
  const { user_version: version } = database
    .query<{ user_version: number }, []>('PRAGMA user_version')
    .get() ?? {
    user_version: 0,
  };
  if (version > steps.length) {
    throw new Error(
      `the database has schema ${version} and this server knows ${steps.length}: a newer server wrote it. Run that server, or set another TUREEN_DATA_DIR`,
    );
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.run(step);
      database.run(`PRAGMA user_version = ${index + 1}`);
    })();
  }
}
