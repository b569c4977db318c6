import type { Benchmark, Scale } from './harness/benchmark.ts';
import { findJanus, startJanus } from './harness/janus.ts';
import type { Measured } from './harness/result.ts';
import { startServer } from './harness/server.ts';
import type { ForwardLoadOptions, ForwardLoadResult } from './loads/forward.ts';
import { runLoad } from './loads/load-process.ts';

/** About 120 packets a second of 1,100 bytes: as many as the receivers in JavaScript can take on one core. */
const videoBitrate = 900_000;
const million = 1e6;

type Target = Pick<ForwardLoadOptions, 'kind' | 'port' | 'serverPid' | 'workerPids'>;

/** What forwarding costs, signaling and measuring of the server included. */
export const forward: Benchmark = {
  name: 'forward',
  doc: 'one publisher to 100 WebRTC subscribers: CPU of a million packets, against bare mediasoup and Janus',
  figures: [
    { name: 'cpu', unit: 'CPU seconds a million packets', goal: { atMost: 1.03 } },
    { name: 'worker_cpu', unit: 'CPU seconds a million packets' },
    { name: 'loss', unit: 'share of packets' },
  ],
  runs: 5,
  sides: () => (findJanus() ? ['ours', 'reference', 'janus'] : ['ours', 'reference']),
  async measure(side, scale) {
    if (side === 'janus') {
      await using janus = await startJanus({ eventLoops: 1 });
      return await run({ kind: 'janus', port: janus.port, serverPid: janus.pid, workerPids: [] }, scale);
    }
    const kind = side === 'ours' ? 'tureen' : 'bare';
    await using server = await startServer({ side: side === 'ours' ? 'ours' : 'bare', workers: 1 });
    const { port, pid, workerPids } = server;
    return await run({ kind, port, serverPid: pid, workerPids }, scale);
  },
};

async function run(target: Target, { small }: Scale): Promise<Measured> {
  const size = small
    ? { subscribers: 2, warmUp: 0, duration: 500 }
    : { subscribers: 100, warmUp: 5000, duration: 20_000 };
  const options: ForwardLoadOptions = { ...target, ...size, videoBitrate };
  const result = await runLoad<ForwardLoadResult>('forward', options);
  const { packets, lost, serverCpuSeconds, workerCpuSeconds } = result;
  return {
    cpu: ((serverCpuSeconds + workerCpuSeconds) / packets) * million,
    // Janus forwards in the process that signals.
    worker_cpu: ((workerCpuSeconds || serverCpuSeconds) / packets) * million,
    loss: lost / (packets + lost),
  };
}
