import { existsSync } from 'node:fs';
import type { Benchmark } from './harness/benchmark.ts';
import { executable, type Program, startServer } from './harness/server.ts';
import { holdLoad } from './loads/load-process.ts';
import type { PeersLoadOptions } from './loads/peers.ts';

const megabyte = 1024 * 1024;
const kilobyte = 1024;
/** How long a server is left alone before its memory is read, so that its garbage collector comes round. */
const rest = 4000;

/** How soon a started server takes calls, and what memory it holds. */
export const boot: Benchmark = {
  name: 'boot',
  doc: 'process start to ready; memory of the idle server, and for each of 1,000 joined peers',
  figures: [
    { name: 'boot', unit: 'milliseconds', goal: { atMost: 1 } },
    { name: 'boot_cpu', unit: 'milliseconds of processor time' },
    { name: 'memory_idle', unit: 'megabytes', goal: { atMost: 1 } },
    { name: 'memory_peer', unit: 'kilobytes a peer', goal: { atMost: 1 } },
    { name: 'memory_1000_peers', unit: 'megabytes' },
    { name: 'memory_idle_own', unit: 'megabytes without file pages' },
  ],
  runs: 7,
  // Where it was built, the executable that images and units run is measured beside what `npm start` runs.
  sides: () => ['ours', 'reference', ...(existsSync(executable) ? ['executable'] : [])],
  async measure(side, { small }) {
    await using server = await startServer({ side: side as Program });
    const bootCpu = server.cpuSeconds() * 1000;
    await Bun.sleep(small ? 0 : rest);
    const idle = server.memory();
    const peers = small ? 20 : 1000;
    const options: PeersLoadOptions = { port: server.port, peers, peersPerRoom: 10, atOnce: 20 };
    await using _load = await holdLoad('peers', options);
    await Bun.sleep(small ? 0 : rest);
    const full = server.memory();
    return {
      boot: server.bootMilliseconds,
      boot_cpu: bootCpu,
      memory_idle: idle.resident / megabyte,
      memory_peer: (full.resident - idle.resident) / peers / kilobyte,
      memory_1000_peers: full.resident / megabyte,
      memory_idle_own: idle.anonymous / megabyte,
    };
  },
};
