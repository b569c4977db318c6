import { dlopen, FFIType } from 'bun:ffi';
import { resolve6 } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { networkInterfaces, totalmem } from 'node:os';
import type { Config } from '../../config/config.ts';
import type { Patient } from './finding.ts';

/** The host that this process runs on. */
export function thisHost(config: Config, workerBin: string): Patient {
  return {
    config,
    workerBin,
    now: Date.now,
    interfaces: networkInterfaces,
    netFolder: '/sys/class/net',
    memory: memoryLimit,
    clockKept,
    machinesOf: async (app) => (await resolve6(`${app}.internal`)).length,
  };
}

/** The memory of the host, or what its container may use of it (cgroup v2, memory.max). */
async function memoryLimit(): Promise<number> {
  const limit = await readFile('/sys/fs/cgroup/memory.max', 'utf8').catch(() => 'max');
  return Math.min(Number.parseInt(limit, 10) || totalmem(), totalmem());
}

const timeError = 5;
/** struct timex is smaller than that on every platform of Linux. */
const timexBytes = 512;

/** adjtimex(2) without any mode only reads, and answers TIME_ERROR when nothing keeps the clock right. */
function clockKept(): boolean | undefined {
  try {
    const { symbols, close } = dlopen('libc.so.6', {
      adjtimex: { args: [FFIType.ptr], returns: FFIType.i32 },
    });
    const state = symbols.adjtimex(new Uint8Array(timexBytes));
    close();
    return state < 0 ? undefined : state !== timeError;
  } catch {
    return undefined;
  }
}
