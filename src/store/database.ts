import { Database } from 'bun:sqlite';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core/log.ts';
import { migrations } from './migrations/index.ts';

const fileName = 'tureen.sqlite';

export interface DatabaseOptions {
  /** Folder of the database file; without it the database is in memory. */
  folder?: string;
  log: Logger;
}

/**
 * Opens the database and brings it to the newest schema.
 * @throws Error when the folder cannot be written or a newer server wrote the file; then it is closed again
 */
export function openDatabase({ folder, log }: DatabaseOptions): Database {
  if (folder === undefined) {
    log.warn(
      'bans, users and the audit log are kept in memory and are lost when the server stops; set TUREEN_DATA_DIR',
    );
  }
  using ends = new DisposableStack();
  const database = ends.adopt(open(folder), (opened) => opened.close());
  // The audit log must survive a loss of power. Its writes are few, so each one is synced.
  for (const pragma of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    'busy_timeout = 5000',
  ])
    database.run(`PRAGMA ${pragma}`);
  migrate(database);
  ends.move();
  return database;
}

/**
 * Opens a second connection to the file of `openDatabase`, for writes that are too frequent to sync each one. Its user
 * has to sync `journal` after writing.
 */
export function openSecondConnection(folder: string): { database: Database; journal: string } {
  const file = join(folder, fileName);
  using ends = new DisposableStack();
  const database = ends.adopt(new Database(file, { strict: true }), (opened) => opened.close());
  for (const pragma of ['synchronous = NORMAL', 'busy_timeout = 5000']) database.run(`PRAGMA ${pragma}`);
  ends.move();
  return { database, journal: `${file}-wal` };
}

function open(folder: string | undefined): Database {
  if (folder === undefined) return new Database(':memory:', { strict: true });
  try {
    // It holds addresses of people and hashes of passwords: only the server's own user may read it.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, fileName);
    const database = new Database(file, { strict: true, create: true });
    // The folder may have been there before, open to all. SQLite gives the journal the mode of the database.
    chmodSync(file, 0o600);
    return database;
  } catch (error) {
    throw new Error(
      `TUREEN_DATA_DIR: cannot open a database in "${folder}": ${(error as Error).message}. Set it to a folder that the server may write`,
      { cause: error },
    );
  }
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
