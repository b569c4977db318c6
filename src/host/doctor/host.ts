import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, type Finding, fatal, type Patient, warning } from './finding.ts';

const megabyte = 1024 * 1024;
/** No release of this program is older, so no right clock shows an earlier time. */
const released = Date.UTC(2026, 0, 1);
const fewestFiles = { fatal: 512, warning: 4096 };
const leastDisk = { fatal: 10 * megabyte, warning: 100 * megabyte };
/** Bytes of the server, and of each worker, with some tens of peers. */
const memoryUse = { server: 150 * megabyte, worker: 64 * megabyte };
/** The longest packets of media are about 1,200 bytes, and DTLS, IP and UDP come on top. */
const leastMtu = 1280;

/** Enough files may be open: every connection is one. */
export const openFiles: Check = {
  name: 'open files',
  async look() {
    const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
    if (limit >= fewestFiles.warning) return [];
    const grade = limit < fewestFiles.fatal ? fatal : warning;
    const finding = grade(
      `only ${limit} files may be open at once, and ${fewestFiles.warning} are wanted`,
      'Every connection is an open file: with the limit reached, nobody new gets in.',
      'Raise the limit: LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536 before the start.',
    );
    return [finding];
  },
};

/** The clock is right: tokens are valid from one time to another. */
export const clock: Check = {
  name: 'clock',
  look({ now, clockKept }) {
    const why = 'Tokens would be taken for expired, or for not yet valid.';
    const remedy =
      'Let something keep the clock right, e.g. systemd-timesyncd or chrony, and look at `timedatectl`.';
    const shown = new Date(now()).toISOString();
    if (now() < released) return [fatal(`the clock shows ${shown}, which is in the past`, why, remedy)];
    return clockKept() === false ? [warning('nothing keeps the clock of this host right', why, remedy)] : [];
  },
};

/** The workers fit into the memory. */
export const memory: Check = {
  name: 'memory',
  async look({ config, memory: available }) {
    const wanted = memoryUse.server + config.workers * memoryUse.worker;
    const found = await available();
    if (found >= wanted) return [];
    const finding = warning(
      `${inMegabytes(found)} of memory are there, and a server with ${config.workers} workers wants ${inMegabytes(wanted)}`,
      'With many calls the kernel would end a worker, and its calls with it.',
      'Use a larger machine, or set TUREEN_WORKERS to fewer.',
    );
    return [finding];
  },
};

/** Packets of media fit through the network. */
export const mtu: Check = {
  name: 'MTU',
  async look({ interfaces, netFolder }) {
    const outward = Object.entries(interfaces())
      .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
      .map(([name]) => name);
    const found = await Promise.all(
      outward.map(async (name) => ({ name, mtu: await mtuOf(netFolder, name) })),
    );
    return found.filter((one) => one.mtu < leastMtu).map(tooNarrow);
  },
};

/** The folder of the database has room and can be written to. */
export const disk: Check = {
  name: 'disk',
  async look({ config }: Patient) {
    if (config.dataDir === undefined) return [];
    const { dataDir } = config;
    const remedy = 'Free some space, or let TUREEN_DATA_DIR name a folder with more of it.';
    const why = 'Bans and the audit log could not be written.';
    try {
      const { bavail, bsize } = await statfs(dataDir);
      const free = bavail * bsize;
      if (free >= leastDisk.warning) return [];
      const grade = free < leastDisk.fatal ? fatal : warning;
      return [grade(`${inMegabytes(free)} are free in ${dataDir}`, why, remedy)];
    } catch (error) {
      // The server makes the folder itself when its parent is there.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return [fatal(`${dataDir} cannot be looked at: ${(error as Error).message}`, why, remedy)];
    }
  },
};

async function mtuOf(folder: string, name: string): Promise<number> {
  const text = await readFile(join(folder, name, 'mtu'), 'utf8').catch(() => '');
  return Number.parseInt(text, 10) || Number.POSITIVE_INFINITY;
}

function tooNarrow({ name, mtu: found }: { name: string; mtu: number }): Finding {
  return warning(
    `the network interface ${name} has an MTU of ${found}, and ${leastMtu} are wanted`,
    'Large packets of video would be dropped, while sound goes through.',
    `Raise it (ip link set ${name} mtu 1500), or ask the network's operator.`,
  );
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / megabyte)} MB`;
}
