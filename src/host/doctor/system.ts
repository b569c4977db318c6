import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileLimit } from '../../core/open-files.ts';
import { type Check, type Finding, fatal, warning } from './check.ts';

const megabyte = 1024 * 1024;
/** Before the first release, so a clock that shows an earlier time is wrong. */
const firstRelease = Date.UTC(2026, 0, 1);
const minOpenFiles = { fatal: 512, warning: 4096 };
const minFreeBytes = { fatal: 10 * megabyte, warning: 100 * megabyte };
/** Bytes that the server and each worker use with a few dozen peers. */
const memoryUse = { server: 150 * megabyte, worker: 64 * megabyte };
/** Media packets are up to about 1,200 bytes, and DTLS, UDP and IP headers come on top. */
const minMtu = 1280;

/** The limit of open files is high enough: every connection is one. */
export const openFiles: Check = {
  name: 'open files',
  run() {
    const limit = openFileLimit();
    if (limit === undefined || limit >= minOpenFiles.warning) return [];
    const grade = limit < minOpenFiles.fatal ? fatal : warning;
    const finding = grade(
      `only ${limit} files may be open at once, and at least ${minOpenFiles.warning} are recommended`,
      'Every connection is an open file: at the limit no new client can connect.',
      'Raise the limit: LimitNOFILE=65536 in the systemd unit, or `ulimit -n 65536` before the start.',
    );
    return [finding];
  },
};

/** The clock is right, since tokens have a start and an expiry. */
export const clock: Check = {
  name: 'clock',
  run({ now, clockSynchronized }) {
    const why = 'Valid tokens may be refused as expired or not yet valid.';
    const remedy = 'Run a time service such as systemd-timesyncd or chrony, and check it with `timedatectl`.';
    const shown = new Date(now()).toISOString();
    if (now() < firstRelease) return [fatal(`the clock shows ${shown}, which is in the past`, why, remedy)];
    return clockSynchronized() === false
      ? [warning('the clock of this host is not synchronized', why, remedy)]
      : [];
  },
};

/** There is enough memory for the workers. */
export const memory: Check = {
  name: 'memory',
  async run({ config, memory: available }) {
    const needed = memoryUse.server + config.workers * memoryUse.worker;
    const found = await available();
    if (found >= needed) return [];
    const finding = warning(
      `${inMegabytes(found)} of memory are available, and a server with ${config.workers} workers needs ${inMegabytes(needed)}`,
      'With many calls the kernel may kill a worker, and its calls with it.',
      'Use a machine with more memory, or lower TUREEN_WORKERS.',
    );
    return [finding];
  },
};

/** Media packets fit into the MTU of the network. */
export const mtu: Check = {
  name: 'MTU',
  async run({ interfaces, netFolder }) {
    const external = Object.entries(interfaces())
      .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
      .map(([name]) => name);
    const found = await Promise.all(
      external.map(async (name) => ({ name, mtu: await mtuOf(netFolder, name) })),
    );
    return found.filter((one) => one.mtu < minMtu).map(smallMtu);
  },
};

/** The folder of the database has free space. */
export const disk: Check = {
  name: 'disk',
  async run({ config }) {
    if (config.dataDir === undefined) return [];
    const { dataDir } = config;
    const remedy = 'Free some space, or set TUREEN_DATA_DIR to a folder that has more.';
    const why = 'Bans and the audit log cannot be saved.';
    try {
      const free = await freeBytes(dataDir);
      if (free >= minFreeBytes.warning) return [];
      const grade = free < minFreeBytes.fatal ? fatal : warning;
      return [grade(`only ${inMegabytes(free)} are free in ${dataDir}`, why, remedy)];
    } catch (error) {
      // The server creates the folder.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return [fatal(`the free space of ${dataDir} cannot be read: ${(error as Error).message}`, why, remedy)];
    }
  },
};

/** What is free for programs without privileges (statfs(2), f_bavail). */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function mtuOf(folder: string, name: string): Promise<number> {
  const text = await readFile(join(folder, name, 'mtu'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || Number.POSITIVE_INFINITY;
}

function smallMtu({ name, mtu: found }: { name: string; mtu: number }): Finding {
  return warning(
    `the network interface ${name} has an MTU of ${found}, and at least ${minMtu} is needed`,
    'Large video packets would be dropped, while audio works.',
    `Raise it (ip link set ${name} mtu 1500), or ask your network operator.`,
  );
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / megabyte)} MB`;
}
