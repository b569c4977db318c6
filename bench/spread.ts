import type { Benchmark } from './harness/benchmark.ts';
import { startServer } from './harness/server.ts';
import { flood, floodSize } from './loads/flood.ts';

/** A room that is too large for one core: packets forwarded by two workers and by one. */
export const spread: Benchmark = {
  name: 'spread',
  doc: 'one room too large for a core: packets forwarded by two workers (ours) and by one (reference)',
  figures: [
    { name: 'packets', unit: 'packets a second', goal: { atLeast: 1.8 } },
    { name: 'packets_a_core', unit: 'packets a second if the busiest worker had a whole core' },
    { name: 'wanted', unit: 'packets a second that the room wanted' },
    { name: 'cores', unit: 'cores that the workers got' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, scale) {
    const size = floodSize(scale);
    const workers = side === 'ours' ? 2 : 1;
    // Half of the room, so that the second worker gets the other half. One worker takes them all.
    const environment = { TUREEN_ROOM_CONSUMERS_PER_WORKER: String(size.peers / 2) };
    await using server = await startServer({ side: 'ours', workers, environment });
    const { packets, wanted, seconds, workersCpuSeconds } = await flood(server, size);
    return {
      packets: packets / seconds,
      packets_a_core: packets / Math.max(...workersCpuSeconds),
      wanted: wanted / seconds,
      cores: workersCpuSeconds.reduce((sum, time) => sum + time, 0) / seconds,
    };
  },
};
