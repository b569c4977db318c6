import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childrenOf, cpuSeconds, threadSeconds } from '../harness/proc.ts';

const workerCommand = 'mediasoup-worker';

/** Processor time of a server on this machine, in seconds. */
export interface ServerCpu {
  readonly server: number;
  readonly workers: number;
}

/** Reads what the server of an address uses, when it runs on this machine under Linux. */
export class LocalServer {
  private constructor(private readonly pid: number) {}

  /** @returns undefined for a server elsewhere, or one whose process may not be looked at */
  static find(url: string): LocalServer | undefined {
    const { hostname, port, protocol } = new URL(url);
    if (process.platform !== 'linux' || !/^(localhost|127\.|\[?::1)/.test(hostname)) return undefined;
    const number = Number(port || (/s:$/.test(protocol) ? 443 : 80));
    const pid = ownerOf(listeningSockets(number));
    return pid === undefined ? undefined : new LocalServer(pid);
  }

  cpu(): ServerCpu | undefined {
    try {
      const workers = childrenOf(this.pid, workerCommand).reduce((sum, pid) => sum + threadSeconds(pid), 0);
      return { server: cpuSeconds(this.pid), workers };
    } catch {
      return undefined;
    }
  }
}

/** Inodes of the TCP sockets that listen on a port, from /proc/net/tcp and tcp6 (proc(5)). */
function listeningSockets(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listen = '0A';
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => readLines(path).slice(1));
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const found = fields.filter(([, local = '', , state]) => local.endsWith(wanted) && state === listen);
  return new Set(found.map((field) => `socket:[${field[9]}]`));
}

function ownerOf(sockets: ReadonlySet<string>): number | undefined {
  if (sockets.size === 0) return undefined;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    if (openFiles(name).some((target) => sockets.has(target))) return Number(name);
  }
  return undefined;
}

function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((file) => {
      try {
        return readlinkSync(`${folder}/${file}`);
      } catch {
        return '';
      }
    });
  } catch {
    // Processes of other users may not be looked into.
    return [];
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
