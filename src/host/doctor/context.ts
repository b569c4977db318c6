import { dlopen, FFIType } from 'bun:ffi';
import { resolve6 } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { type NetworkInterfaceInfo, networkInterfaces, totalmem } from 'node:os';
import type { Config } from '../../config/config.ts';

/** What there is to say of the bus and of the nodes on it; times in milliseconds. */
export type BusProbe =
  | { readonly failure: string }
  | {
      readonly failure: undefined;
      readonly roundTrip: number;
      readonly jetStream: boolean;
      readonly bucketFailure: string | null;
      readonly nodes: readonly {
        readonly name: string;
        readonly foreignVersion: number | null;
        readonly pipeAddress: string;
        readonly roundTrip: number | undefined;
        readonly clockOffset: number | undefined;
      }[];
    };

/** What the checks read: the configuration, and the host behind functions that tests can replace. */
export interface CheckContext {
  readonly config: Config;
  /** The executable of the media worker. */
  readonly workerBin: string;
  readonly now: () => number;
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** The kernel's folder about network interfaces, /sys/class/net. */
  readonly netFolder: string;
  /** Bytes of memory that the server may use. */
  readonly memory: () => Promise<number>;
  /** Whether the clock is synchronized (NTP and the like); undefined when the kernel cannot say. */
  readonly clockSynchronized: () => boolean | undefined;
  /** What a look at the bus finds; undefined on a node without one, and where nobody looks. */
  readonly probeBus: () => Promise<BusProbe | undefined>;
  /** How many running machines an app on Fly.io has. */
  readonly machinesOf: (app: string) => Promise<number>;
}

/** The host that this process runs on. */
export function hostContext(config: Config, workerBin: string): CheckContext {
  return {
    config,
    workerBin,
    now: Date.now,
    interfaces: networkInterfaces,
    netFolder: '/sys/class/net',
    memory: memoryLimit,
    clockSynchronized,
    probeBus: async () => undefined,
    machinesOf: async (app) => (await resolve6(`${app}.internal`)).length,
  };
}

/** The memory of the host, or the limit of its container (cgroup v2, memory.max). */
async function memoryLimit(): Promise<number> {
  const limit = await readFile('/sys/fs/cgroup/memory.max', 'utf8').catch(() => 'max');
  return Math.min(Number.parseInt(limit, 10) || totalmem(), totalmem());
}

const timeError = 5;
/** More than struct timex takes on any Linux platform. */
const timexBytes = 512;

/** adjtimex(2) without a mode only reads, and returns TIME_ERROR when the clock is not synchronized. */
function clockSynchronized(): boolean | undefined {
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
