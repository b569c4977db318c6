import type { Benchmark, Scale } from './harness/benchmark.ts';
import { findJanus, startJanus } from './harness/janus.ts';
import type { Measured } from './harness/result.ts';
import { startServer } from './harness/server.ts';
import type { ForwardLoadOptions, ForwardLoadResult, ForwardWindow } from './loads/forward.ts';
import { type HeldLoad, holdLoad } from './loads/load-process.ts';

/** Two packets of 1,000 bytes a frame: the most that 100 receivers in JavaScript handle on one core without loss. */
const videoBitrate = 480_000;
/**
 * Idle milliseconds after all have joined: for some seconds both runtimes compile code and collect the garbage of
 * joining, which must not count for the packets.
 */
const settling = 60_000;
const million = 1e6;
/** Janus's own default (a thread for each connection), and pools of threads. */
const eventLoopChoices = [0, 1, 2, 4];

/** The share of packets that must arrive: lost packets would raise the cost of the others. */
const enough = 0.99;
const attempts = 4;
/**
 * Windows measured with the same servers. A process may cost some per cent more or less than another one of the
 * same program for as long as it lives, so new ones are started regularly.
 */
const windowsPerStart = 3;

type Target = Pick<ForwardLoadOptions, 'kind' | 'port' | 'serverPids' | 'workerPids'>;

/** A server that all its peers have joined. */
interface Forwarding extends AsyncDisposable {
  readonly kind: string;
  readonly load: HeldLoad<unknown>;
}

let held: ReadonlyMap<string, Forwarding> | undefined;
let eventLoops: number | undefined;
let windows = 0;

/**
 * The cost of forwarding, including signaling and measurements of the server. All servers run with all their peers, and
 * media flows through one after the other, for some seconds each, so that changes of the machine's speed affect all.
 */
export const forward: Benchmark = {
  name: 'forward',
  doc: 'one publisher to 100 WebRTC subscribers: CPU of a million packets, against bare mediasoup and Janus',
  figures: [
    { name: 'cpu', unit: 'CPU seconds a million packets', goal: { atMost: 1.03 } },
    { name: 'worker_cpu', unit: 'CPU seconds a million packets' },
    { name: 'arrived', unit: 'share of the packets' },
  ],
  runs: 15,
  sides: () => (findJanus() ? ['ours', 'reference', 'janus'] : ['ours', 'reference']),
  async measure(side, scale) {
    if (windows === windowsPerStart * this.sides().length) await endAll();
    held ??= await holdAll(this.sides(), scale);
    windows += 1;
    return await run(held.get(side) as Forwarding, scale);
  },
  close: endAll,
};

async function endAll(): Promise<void> {
  for (const forwarding of held?.values() ?? []) await forwarding[Symbol.asyncDispose]();
  held = undefined;
  windows = 0;
}

async function holdAll(sides: readonly string[], scale: Scale): Promise<Map<string, Forwarding>> {
  const all = new Map<string, Forwarding>();
  if (sides.includes('janus')) eventLoops ??= await bestEventLoops(scale);
  for (const side of sides)
    all.set(side, side === 'janus' ? await janus(eventLoops ?? 0, scale) : await mediasoup(side, scale));
  await Bun.sleep(scale.small ? 0 : settling);
  return all;
}

async function mediasoup(side: string, scale: Scale): Promise<Forwarding> {
  const server = await startServer({ side: side === 'ours' ? 'ours' : 'bare', workers: 1 });
  const { port, pid, workerPids } = server;
  const kind = side === 'ours' ? 'tureen' : 'bare';
  return await fill(server, { kind, port, serverPids: [pid], workerPids }, scale);
}

/** It signals and forwards in one process, so there is no separate worker to count. */
async function janus(loops: number, scale: Scale): Promise<Forwarding> {
  const server = await startJanus({ eventLoops: loops });
  return await fill(server, { kind: 'janus', port: server.port, workerPids: [server.pid] }, scale);
}

async function fill(server: AsyncDisposable, target: Target, { small }: Scale): Promise<Forwarding> {
  const options: ForwardLoadOptions = { ...target, subscribers: small ? 2 : 100, videoBitrate };
  const load = await holdLoad('forward', options);
  const end = async () => {
    await load[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { kind: target.kind, load, [Symbol.asyncDispose]: end };
}

/** The cheapest setting of Janus on this machine, found by one run of each. */
async function bestEventLoops(scale: Scale): Promise<number> {
  if (scale.small) return 1;
  const costs: { loops: number; cpu: number }[] = [];
  for (const loops of eventLoopChoices) {
    await using forwarding = await janus(loops, scale);
    const { cpu = Number.POSITIVE_INFINITY } = await run(forwarding, scale);
    console.error(`forward: Janus with event_loops = ${loops}: ${cpu.toFixed(2)} s a million packets`);
    costs.push({ loops, cpu });
  }
  return costs.sort((one, other) => one.cpu - other.cpu)[0]?.loops ?? 1;
}

async function run(forwarding: Forwarding, scale: Scale): Promise<Measured> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const measured = await runOnce(forwarding, scale);
    if (scale.small || measured.arrived >= enough) return measured;
    const arrived = measured.arrived.toFixed(3);
    console.error(`forward: ${forwarding.kind}: only ${arrived} arrived, which does not count`);
  }
  throw new Error('packets were lost in every run; the machine is too busy with other things');
}

async function runOnce({ load }: Forwarding, { small }: Scale) {
  load.write(JSON.stringify({ duration: small ? 500 : 12_000 } satisfies ForwardWindow));
  const result = await load.next<ForwardLoadResult>();
  const { packets, lost, serverCpuSeconds, workerCpuSeconds } = result;
  return {
    cpu: ((serverCpuSeconds + workerCpuSeconds) / packets) * million,
    worker_cpu: (workerCpuSeconds / packets) * million,
    // Packets that were missing before the measurement may have arrived during it.
    arrived: packets / (packets + Math.max(0, lost)),
  };
}
