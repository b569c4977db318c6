import type { Benchmark } from './harness/benchmark.ts';
import { buildExecutable, type Program, type RunningServer, startServer } from './harness/server.ts';
import { holdLoad } from './loads/load-process.ts';
import type { PeersLoadOptions } from './loads/peers.ts';

const megabyte = 1024 * 1024;
const kilobyte = 1024;
/** Idle time before the memory of a server is read, so that its garbage collector has run. */
const rest = 4000;
/** Time until it is read again: Node.js frees memory after it has been idle for some ten seconds. */
const longRest = 20_000;
/** Ours is the executable, which hosts run; `npm start` in a checkout is measured as well. */
const programs: Readonly<Record<string, Program>> = {
  ours: 'executable',
  reference: 'reference',
  checkout: 'ours',
};

/** How long a server takes to start, and how much memory it uses. */
export const boot: Benchmark = {
  name: 'boot',
  doc: 'process start to ready; memory of the idle server, and for each of 1,000 joined peers',
  figures: [
    { name: 'boot', unit: 'milliseconds', goal: { atMost: 1 } },
    { name: 'boot_cpu', unit: 'milliseconds of processor time' },
    { name: 'memory_idle', unit: 'megabytes' },
    { name: 'memory_idle_later', unit: 'megabytes' },
    { name: 'memory_peer', unit: 'kilobytes a peer', goal: { atMost: 1 } },
    { name: 'memory_peer_later', unit: 'kilobytes a peer', goal: { atMost: 1 } },
    { name: 'memory_1000_peers', unit: 'megabytes' },
    { name: 'memory_1000_peers_later', unit: 'megabytes' },
    { name: 'memory_idle_own', unit: 'megabytes without file pages' },
  ],
  runs: 7,
  sides: () => Object.keys(programs),
  async measure(side, { small }) {
    await buildExecutable();
    await using server = await startServer({ side: programs[side] as Program });
    const bootCpu = server.cpuSeconds() * 1000;
    const idle = await memoryOver(server, small);
    const peers = small ? 20 : 1000;
    const options: PeersLoadOptions = { port: server.port, peers, peersPerRoom: 10, atOnce: 20 };
    await using _load = await holdLoad('peers', options);
    const full = await memoryOver(server, small);
    const perPeer = (of: number, without: number) => (of - without) / peers / kilobyte;
    return {
      boot: server.bootMilliseconds,
      boot_cpu: bootCpu,
      memory_idle: idle.soon.resident / megabyte,
      memory_idle_later: idle.later.resident / megabyte,
      memory_peer: perPeer(full.soon.resident, idle.soon.resident),
      memory_peer_later: perPeer(full.later.resident, idle.later.resident),
      memory_1000_peers: full.soon.resident / megabyte,
      memory_1000_peers_later: full.later.resident / megabyte,
      memory_idle_own: idle.later.anonymous / megabyte,
    };
  },
};

/** Its memory after a short and a long idle time. */
async function memoryOver(server: RunningServer, small: boolean) {
  await Bun.sleep(small ? 0 : rest);
  const soon = server.memory();
  await Bun.sleep(small ? 0 : longRest);
  return { soon, later: server.memory() };
}
