import { Database } from 'bun:sqlite';
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { databaseFile } from './database.ts';
import { migrations } from './migrations/index.ts';
import { isDamage } from './storage-trouble.ts';

/** How long it is waited for a program that has the database locked. */
const busyTimeoutMs = 5000;
const ownerOnly = 0o600;

/** What a database holds. */
export interface Contents {
  /** Number of its schema; an older one is brought up to date by the next start. */
  readonly schema: number;
  readonly bytes: number;
  readonly bans: number;
  readonly users: number;
  readonly auditEntries: number;
}

/**
 * Copies the database of a node into a file, also while the node runs and writes: the copy is what was written at one
 * moment, with what only the write-ahead log has so far (VACUUM INTO, https://www.sqlite.org/lang_vacuum.html).
 * The file appears once it is complete, examined and on the disk, and only its owner may read it.
 * @throws Error that says what is wrong; then there is no file
 */
export function backUp(folder: string, target: string): Contents {
  const source = databaseFile(folder);
  if (!existsSync(source)) throw new Error(`there is no database in "${folder}"; is TUREEN_DATA_DIR right?`);
  if (existsSync(target)) throw new Error(`"${target}" is there already; name a file that is not`);
  const part = `${target}.part`;
  writeFileSync(part, '', { mode: ownerOnly, flag: 'wx' });
  try {
    // Not only for reading: the last one to close a database clears up its log, which a reader may not.
    using database = new Database(source, { readwrite: true, create: false });
    database.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    database.query('VACUUM INTO ?').run(part);
    const contents = examine(part);
    sync(part);
    renameSync(part, target);
    sync(dirname(target));
    return contents;
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

/**
 * Looks whether a file is a whole database of Tureen. @throws Error that says what it is not
 */
export function examine(file: string): Contents {
  if (!existsSync(file)) throw new Error(`there is no file "${file}"`);
  const wrong = (what: string) => new Error(`"${file}" ${what}; take another backup`);
  try {
    using database = new Database(file, { readonly: true });
    const first = <T>(sql: string) => database.query<T, []>(sql).get();
    const found = first<{ integrity_check: string }>('PRAGMA integrity_check(1)')?.integrity_check;
    if (found !== 'ok') throw wrong(`is damaged (${found})`);
    const schema = first<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
    const hasTable = (name: string) =>
      database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== null;
    if (schema === 0 || !hasTable('users')) throw wrong('is no database of Tureen');
    if (schema > migrations.length)
      throw new Error(
        `"${file}" has schema ${schema} and this version knows ${migrations.length}: a newer one wrote it. Use that version`,
      );
    // Older schemas have fewer tables.
    const count = (table: string) =>
      hasTable(table) ? (first<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0) : 0;
    return {
      schema,
      bytes: statSync(file).size,
      bans: count('bans'),
      users: count('users'),
      auditEntries: count('audit'),
    };
  } catch (error) {
    throw isDamage(error) ? wrong(`is damaged or no database (${error.message})`) : error;
  }
}

/**
 * Puts a backup in the place of the database of a node that does not run. What was there stays beside it.
 * @returns what the database holds now, and where the former one is
 * @throws Error that says what is wrong; then everything is as it was
 */
export function restore(folder: string, backup: string): { contents: Contents; former: string | undefined } {
  const target = databaseFile(folder);
  const contents = examine(backup);
  requireNobody(target);
  const part = `${target}.restoring`;
  copyFileSync(backup, part);
  // The server may run as another user than the one who restores.
  const { uid, gid } = statSync(existsSync(target) ? target : folder);
  chownSync(part, uid, gid);
  sync(part);
  const former = setAside(target);
  renameSync(part, target);
  sync(folder);
  return { contents, former };
}

/** Only the one program that has a database open may end its write-ahead log. @throws Error when another one has it */
function requireNobody(file: string): void {
  if (!existsSync(file)) return;
  try {
    using database = new Database(file, { readwrite: true, create: false });
    database.run('PRAGMA journal_mode = DELETE');
  } catch (error) {
    // A damaged one cannot be asked, and is the reason to restore.
    if (isDamage(error)) return;
    throw new Error(
      `another program has "${file}" open (${(error as Error).message}); stop the server, then restore`,
      { cause: error },
    );
  }
}

/** Renames the database with its log. @returns its new name; undefined when there was none */
function setAside(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const former = `${file}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(`${file}${suffix}`)) renameSync(`${file}${suffix}`, `${former}${suffix}`);
  return former;
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
