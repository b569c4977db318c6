import { readdirSync, readFileSync, statSync } from 'node:fs';

type ProcessId = number | 'self';

/** How many files the process may have open; undefined where that is not known, which is anywhere but on Linux. */
export function openFileLimit(process: ProcessId = 'self'): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${process}/limits`, 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** How many files the process has open, sockets among them. Linux tells it as the size of the folder since 6.2. */
export function openFileCount(process: ProcessId = 'self'): number {
  const folder = `/proc/${process}/fd`;
  return statSync(folder).size || readdirSync(folder).length;
}

/** The share of the files that it may open that a process has open; undefined where that is not known. */
export function openFileShare(process: ProcessId = 'self'): number | undefined {
  const limit = openFileLimit(process);
  if (limit === undefined) return undefined;
  try {
    return openFileCount(process) / limit;
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
