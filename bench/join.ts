import type { Benchmark } from './harness/benchmark.ts';
import { type Side, startServer } from './harness/server.ts';
import type { JoinLoadOptions, JoinLoadResult } from './loads/join.ts';
import { runLoad } from './loads/load-process.ts';

/** Many peers join, publish and receive at once, as after the failure of a node or on the hour. */
export const join: Benchmark = {
  name: 'join',
  doc: '1,000 peers into 100 rooms of 10, each publishing audio and video, until every consumer exists',
  figures: [
    { name: 'total', unit: 'seconds', goal: { atMost: 0.6 } },
    { name: 'join_p99', unit: 'milliseconds', goal: { atMost: 0.6 } },
    { name: 'join_median', unit: 'milliseconds' },
    { name: 'server_cpu', unit: 'seconds' },
    { name: 'worker_cpu', unit: 'seconds' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    await using server = await startServer({ side: side as Side });
    const options: JoinLoadOptions = {
      port: server.port,
      serverPid: server.pid,
      ...(small ? { rooms: 3, peersPerRoom: 4, atOnce: 3 } : { rooms: 100, peersPerRoom: 10, atOnce: 50 }),
    };
    const { seconds, joinMilliseconds, serverCpuSeconds, consumers } = await runLoad<JoinLoadResult>(
      'join',
      options,
    );
    const { rooms, peersPerRoom } = options;
    const wanted = rooms * peersPerRoom * (peersPerRoom - 1) * 2;
    if (consumers !== wanted)
      throw new Error(`${side} offered ${consumers} consumers, which should be ${wanted}`);
    return {
      total: seconds,
      join_p99: joinMilliseconds.p99,
      join_median: joinMilliseconds.median,
      server_cpu: serverCpuSeconds,
      worker_cpu: server.workerCpuSeconds(),
    };
  },
};
