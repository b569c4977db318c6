import type { Benchmark, Scale } from './harness/benchmark.ts';
import { findJanus, startJanus } from './harness/janus.ts';
import type { Measured } from './harness/result.ts';
import { startServer } from './harness/server.ts';
import type { ForwardLoadOptions, ForwardLoadResult } from './loads/forward.ts';
import { runLoad } from './loads/load-process.ts';

/** Two packets of 1,000 bytes a frame: as much as 100 receivers in JavaScript take on one core without loss. */
const videoBitrate = 480_000;
/**
 * Milliseconds that media flows before it is measured: for some seconds after the peers joined both runtimes compile and
 * collect what joining left, which no later packet costs.
 */
const settling = 20_000;
const million = 1e6;
/** Janus's own default (a thread for each connection), and pools of threads. */
const eventLoops = [0, 1, 2, 4];

/** The share that has to arrive: a packet that was sent in vain would make the others look dear. */
const enough = 0.99;
const attempts = 4;

type Target = Pick<ForwardLoadOptions, 'kind' | 'port' | 'serverPid' | 'workerPids'>;

/** What forwarding costs, signaling and measuring of the server included. */
export const forward: Benchmark = {
  name: 'forward',
  doc: 'one publisher to 100 WebRTC subscribers: CPU of a million packets, against bare mediasoup and Janus',
  figures: [
    { name: 'cpu', unit: 'CPU seconds a million packets', goal: { atMost: 1.03 } },
    { name: 'worker_cpu', unit: 'CPU seconds a million packets' },
    { name: 'arrived', unit: 'share of the packets' },
  ],
  runs: 5,
  sides: () => (findJanus() ? ['ours', 'reference', 'janus'] : ['ours', 'reference']),
  async measure(side, scale) {
    if (side === 'janus') return await measureJanus(await bestEventLoops(scale), scale);
    const kind = side === 'ours' ? 'tureen' : 'bare';
    await using server = await startServer({ side: side === 'ours' ? 'ours' : 'bare', workers: 1 });
    const { port, pid, workerPids } = server;
    return await run({ kind, port, serverPid: pid, workerPids }, scale);
  },
};

async function measureJanus(loops: number, scale: Scale): Promise<Measured> {
  await using janus = await startJanus({ eventLoops: loops });
  // It forwards in the process that signals, so there is nothing beside it to count.
  return await run({ kind: 'janus', port: janus.port, workerPids: [janus.pid] }, scale);
}

let best: number | undefined;

/** The setting with which Janus costs least on this machine, found by one run of each. */
async function bestEventLoops(scale: Scale): Promise<number> {
  if (scale.small) return 1;
  if (best !== undefined) return best;
  const costs: { loops: number; cpu: number }[] = [];
  for (const loops of eventLoops) {
    const { cpu = Number.POSITIVE_INFINITY } = await measureJanus(loops, scale);
    console.error(`forward: Janus with event_loops = ${loops}: ${cpu.toFixed(2)} s a million packets`);
    costs.push({ loops, cpu });
  }
  best = costs.sort((one, other) => one.cpu - other.cpu)[0]?.loops ?? 1;
  return best;
}

async function run(target: Target, scale: Scale): Promise<Measured> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const measured = await runOnce(target, scale);
    if (scale.small || measured.arrived >= enough) return measured;
    console.error(
      `forward: ${target.kind}: only ${measured.arrived.toFixed(3)} arrived, which does not count`,
    );
  }
  throw new Error('packets were lost in every run; the machine is too busy with other things');
}

async function runOnce(target: Target, { small }: Scale) {
  const size = small
    ? { subscribers: 2, warmUp: 0, duration: 500 }
    : { subscribers: 100, warmUp: settling, duration: 30_000 };
  const options: ForwardLoadOptions = { ...target, ...size, videoBitrate };
  const result = await runLoad<ForwardLoadResult>('forward', options);
  const { packets, lost, serverCpuSeconds, workerCpuSeconds } = result;
  return {
    cpu: ((serverCpuSeconds + workerCpuSeconds) / packets) * million,
    worker_cpu: (workerCpuSeconds / packets) * million,
    // What was missing before it was measured may have come meanwhile.
    arrived: packets / (packets + Math.max(0, lost)),
  };
}
