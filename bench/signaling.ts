import type { Benchmark, Scale } from './harness/benchmark.ts';
import type { Measured } from './harness/result.ts';
import { type Side, startServer } from './harness/server.ts';
import { runLoad } from './loads/load-process.ts';
import type { SignalingLoadOptions, SignalingLoadResult } from './loads/signaling.ts';

/**
 * Enough requests are in flight that no server idles: an idle server spends half of its processor time on sleeping and
 * waking in the kernel, which is the same for all.
 */
const shapes = {
  one: { connections: 1, inFlight: 32 },
  hundred: { connections: 100, inFlight: 4 },
} as const;

type Shape = (typeof shapes)[keyof typeof shapes];

/** Small validated requests: the cost of the server process without the media workers. */
export const signaling: Benchmark = {
  name: 'signaling',
  doc: 'server CPU of a small validated request, over 1 and over 100 connections',
  figures: [
    { name: 'cpu_100_connections', unit: 'microseconds a request', goal: { atMost: 0.25 } },
    { name: 'cpu_1_connection', unit: 'microseconds a request', goal: { atMost: 0.25 } },
    { name: 'rate_100_connections', unit: 'requests a second' },
    { name: 'rate_1_connection', unit: 'requests a second' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, scale) {
    const one = await exchange(side as Side, shapes.one, scale);
    const hundred = await exchange(side as Side, shapes.hundred, scale);
    return {
      cpu_100_connections: hundred.cpu,
      cpu_1_connection: one.cpu,
      rate_100_connections: hundred.rate,
      rate_1_connection: one.rate,
    } satisfies Measured;
  },
};

async function exchange(side: Side, shape: Shape, { small }: Scale): Promise<{ cpu: number; rate: number }> {
  // Both runtimes keep optimizing the code for hundreds of thousands of calls.
  const [warmUp, requests] = small ? [2000, 20_000] : [200_000, 400_000];
  await using server = await startServer({ side, workers: 1 });
  const options: SignalingLoadOptions = {
    ...shape,
    port: server.port,
    serverPid: server.pid,
    warmUp,
    requests,
  };
  const { seconds, serverCpuSeconds } = await runLoad<SignalingLoadResult>('signaling', options);
  return { cpu: (serverCpuSeconds / requests) * 1e6, rate: requests / seconds };
}
