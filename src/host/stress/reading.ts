import { readFileSync } from 'node:fs';
import { openFileShare } from '../../core/open-files.ts';
import type { ProcessTime, StressReading } from './meter.ts';

/** Of /proc/PID/stat (proc_pid_stat(5)), which Linux tells in hundredths of a second on every platform that it has. */
const tickMs = 10;
/** Which column of /proc/net/dev has the bytes that were sent, after the name. */
const sentColumn = 8;

export interface ReadingOptions {
  /** The workers that run. */
  readonly workers: readonly { readonly index: number; readonly pid: number }[];
  /** Whether anybody wants to know what is sent. */
  readonly egress: boolean;
}

/** Reads what stress is computed from: a few small files of /proc, and no worker is asked. */
export function readStress({ workers, egress }: ReadingOptions): StressReading {
  return {
    at: performance.now(),
    loop: processTime('self'),
    files: openFileShare(),
    workers: workers.map(({ index, pid }) => ({
      index,
      time: processTime(pid),
      files: openFileShare(pid),
    })),
    sent: egress ? sentBytes() : new Map(),
  };
}

/**
 * What the main thread of a process has had of the processor, which is the one that runs the event loop, of Bun as of a
 * worker. Kernels without scheduler statistics tell the whole process's time, and not how long it waited.
 * https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
 */
function processTime(id: number | 'self'): ProcessTime | undefined {
  const pid = id === 'self' ? process.pid : id;
  const [ran, waited] = fileText(`/proc/${id}/schedstat`)?.split(' ').map(Number) ?? [];
  // In nanoseconds.
  if (ran !== undefined && waited !== undefined) return { pid, ran: ran / 1e6, waited: waited / 1e6 };
  // The name in brackets may have anything in it. User and system time are the 14th and 15th field; the third follows it.
  const fields = fileText(`/proc/${id}/stat`)?.split(') ').at(-1)?.split(' ');
  if (!fields) return undefined;
  return { pid, ran: (Number(fields[11]) + Number(fields[12])) * tickMs, waited: 0 };
}

/**
 * Bytes that were sent to others, by interface. Those count that have a default route: on a host with containers or a
 * bridge the same packet passes several.
 */
function sentBytes(): ReadonlyMap<string, number> {
  const outward = outwardInterfaces();
  const lines = fileText('/proc/net/dev')?.split('\n').slice(2) ?? [];
  return new Map(
    lines.flatMap((line): [string, number][] => {
      const [name = '', figures = ''] = line.split(':');
      const bytes = Number(figures.trim().split(/\s+/)[sentColumn]);
      return outward.has(name.trim()) && Number.isFinite(bytes) ? [[name.trim(), bytes]] : [];
    }),
  );
}

function outwardInterfaces(): ReadonlySet<string> {
  const columns = (path: string) =>
    (fileText(path) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  const v4 = columns('/proc/net/route').flatMap(([name, destination, , , , , , mask]) =>
    name && destination === '00000000' && mask === '00000000' ? [name] : [],
  );
  const v6 = columns('/proc/net/ipv6_route').flatMap(([destination, prefix, ...rest]) => {
    const name = rest.at(-1);
    return name && name !== 'lo' && prefix === '00' && /^0+$/.test(destination ?? '') ? [name] : [];
  });
  return new Set([...v4, ...v6]);
}

/** @returns undefined where there is no such file, as beyond Linux and for a process that has ended */
function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
