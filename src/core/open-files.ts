import { readdirSync, readFileSync, statSync } from 'node:fs';

/** How many files the process may have open; undefined where that is not known, which is anywhere but on Linux. */
export function openFileLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** How many files the process has open, sockets among them. Linux tells it as the size of the folder since 6.2. */
export function openFileCount(): number {
  return statSync('/proc/self/fd').size || readdirSync('/proc/self/fd').length;
}
