import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const RETRY_MS = 250;

/**
 * Runs a function while holding the lock of a file, and waits while another process holds it.
 *
 * The lock is SQLite's on an empty database. The kernel releases it when the holder ends, even by a crash, so there is
 * no stale lock to detect.
 *
 * @param whenWaiting called once when another process holds the lock.
 */
export async function withLock<T>(file: string, run: () => Promise<T>, whenWaiting: () => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });

  const database = new Database(file, { create: true });

  try {
    for (let notified = false; !tryLock(database); notified = true) {
      if (!notified) {
        whenWaiting();
      }

      await Bun.sleep(RETRY_MS);
    }

    return await run();
  } finally {
    database.close();
  }
}

function tryLock(database: Database): boolean {
  try {
    database.run('BEGIN EXCLUSIVE');

    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') {
      return false;
    }

    throw error;
  }
}
