import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts the processor time of a process in hundredths of a second (USER_HZ, proc(5)). */
const ticksPerSecond = 100;

interface ProcessStat {
  readonly command: string;
  readonly state: string;
  readonly parent: number;
  /** User and system time of all threads, in seconds. */
  readonly cpuSeconds: number;
}

/** What /proc/PID/stat says, or undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads one line of /proc/PID/stat. The command is in parentheses and may itself contain spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const end = text.lastIndexOf(')');
  const command = text.slice(text.indexOf('(') + 1, end);
  const fields = text.slice(end + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { command, state: fields[0] ?? '', parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond };
}

/** Processor time that a process has used, its children not included. @throws Error when it is gone */
export function cpuSeconds(pid: number): number {
  const stat = readStat(pid);
  if (!stat) throw new Error(`process ${pid} is gone; what it printed is in its log`);
  return stat.cpuSeconds;
}

/**
 * Like cpuSeconds, to the nanosecond, but only for threads that still live. Correct for a media worker, whose threads
 * live as long as it does, but not for a JavaScript runtime, which ends threads.
 */
export function threadSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readOrNothing(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0),
  );
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e9;
}

/** The living children of a process that run this command. */
export function childrenOf(pid: number, command: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      const stat = readStat(child);
      return stat?.parent === pid && stat.state !== 'Z' && command.startsWith(stat.command);
    });
}

export interface Memory {
  /** Resident memory, pages that are shared with other processes included. */
  readonly resident: number;
  /** Resident memory that is not backed by a file: what the program itself has filled. */
  readonly anonymous: number;
}

/** Memory of a process in bytes. */
export function memoryOf(pid: number): Memory {
  const text = readOrNothing(`/proc/${pid}/status`) ?? '';
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { resident: field('VmRSS'), anonymous: field('RssAnon') };
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
