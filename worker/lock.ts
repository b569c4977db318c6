import { Database } from 'bun:sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const RETRY_MS = 250;

/**
 * Runs a function while no other process runs one under the same lock file, and waits for its turn.
 *
 * The lock is SQLite's on an empty database. The kernel drops it when its holder ends, however that ends, so a
 * crashed holder never blocks the next one, and there is no stale file to recognise.
 *
 * @param whenWaiting called once when somebody else holds the lock.
 */
export async function withLock<T>(file: string, run: () => Promise<T>, whenWaiting: () => void): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });

  const database = new Database(file, { create: true });

  try {
    for (let told = false; !tryLock(database); told = true) {
      if (!told) {
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
