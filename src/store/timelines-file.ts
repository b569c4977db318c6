import { Database } from 'bun:sqlite';
import { chmodSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core/log.ts';
import { isDamage } from './storage-trouble.ts';

/** Where the timelines are in their folder. */
export const timelinesFile = (folder: string) => join(folder, 'timelines.sqlite');

const mostBytesOnDisk = 128 * 1024 * 1024;
const mostBytesInMemory = 16 * 1024 * 1024;
/** A small disk has more important things on it. */
const mostShareOfDisk = 0.1;
/** How long a start waits for another program that has it locked. */
const startTimeoutMs = 2000;

const schema = `
CREATE TABLE IF NOT EXISTS lines (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  event TEXT NOT NULL,
  text TEXT NOT NULL,
  bad INTEGER NOT NULL,
  room_id TEXT,
  peer_id TEXT,
  session_id TEXT,
  display_name TEXT NOT NULL COLLATE NOCASE,
  address TEXT NOT NULL,
  course TEXT,
  node_of TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS lines_time ON lines (time);
CREATE INDEX IF NOT EXISTS lines_room ON lines (room_id);
CREATE INDEX IF NOT EXISTS lines_peer ON lines (peer_id);
CREATE INDEX IF NOT EXISTS lines_session ON lines (session_id);
CREATE INDEX IF NOT EXISTS lines_name ON lines (display_name) WHERE display_name <> '';
CREATE INDEX IF NOT EXISTS lines_address ON lines (address) WHERE address <> '';
CREATE INDEX IF NOT EXISTS lines_bad ON lines (bad) WHERE bad = 1;
`;
const schemaVersion = 2;

interface OpenTimelines {
  readonly database: Database;
  /** How much of the disk, or of the memory, they may take. */
  readonly mostBytes: number;
}

/**
 * Opens the file of the timelines in a folder. One that is damaged begins again, and where none can be written, or without
 * a folder, they are in memory: no start fails for them.
 */
export function openTimelines({ folder, log }: { folder?: string; log: Logger }): OpenTimelines {
  if (folder === undefined) return inMemory();
  const file = timelinesFile(folder);
  try {
    return onDisk(folder);
  } catch (error) {
    if (!isDamage(error)) {
      log.warn('the timelines cannot be stored, so they are kept in memory', { file, error });
      return inMemory();
    }
    log.warn('the timelines of earlier calls are damaged, so they begin again', { file, error });
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    return onDisk(folder);
  }
}

function inMemory(): OpenTimelines {
  return { database: prepared(new Database(':memory:', { strict: true })), mostBytes: mostBytesInMemory };
}

function onDisk(folder: string): OpenTimelines {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { bsize, blocks } = statfsSync(folder);
  const mostBytes = Math.min(mostBytesOnDisk, Math.floor(bsize * blocks * mostShareOfDisk));
  const file = timelinesFile(folder);
  const database = new Database(file, { strict: true, create: true });
  // It holds addresses of people.
  chmodSync(file, 0o600);
  return { database: prepared(database), mostBytes };
}

/** Sets it up. One that cannot be used is closed. */
function prepared(opened: Database): Database {
  using ends = new DisposableStack();
  const database = ends.adopt(opened, (failed) => failed.close());
  // Nothing waits for the disk: after a loss of power the file may be damaged, and then it begins again.
  for (const pragma of [`busy_timeout = ${startTimeoutMs}`, 'journal_mode = WAL', 'synchronous = OFF'])
    database.run(`PRAGMA ${pragma}`);
  const version = database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version;
  // What earlier versions kept is kept.
  if (version === 1) database.run('ALTER TABLE lines ADD COLUMN node_of TEXT');
  else if (version !== schemaVersion) database.run('DROP TABLE IF EXISTS lines');
  database.run(schema);
  database.run(`PRAGMA user_version = ${schemaVersion}`);
  // From now on no call waits for another program that has it locked.
  database.run('PRAGMA busy_timeout = 0');
  ends.move();
  return database;
}
