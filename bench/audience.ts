import type { Benchmark, Scale } from './harness/benchmark.ts';
import type { Figure, Measured } from './harness/result.ts';
import { type Side, startServer } from './harness/server.ts';
import type { AudienceLoadOptions, AudienceLoadResult } from './loads/audience.ts';
import { flood, floodSize } from './loads/flood.ts';
import { runLoad } from './loads/load-process.ts';

/** How many receive. */
const sizes = { whole: [100, 400, 1600, 3000], small: [25, 100] } as const;
const joinsPerSecond = 50;
/** The reference tells everyone of everyone, and is not waited for endlessly: those who are in the room then are counted. */
const limitMs = 240_000;
const million = 1e6;
/** What one receives of a camera of 500 kbit/s and a microphone. */
const packetsOfReceiver = 110;

const figuresPerSize = [
  { name: 'joined', unit: 'receivers that were there within four minutes' },
  { name: 'frames', unit: 'frames sent to a peer' },
  { name: 'kilobytes', unit: 'kB sent to a peer' },
  { name: 'cpu_join', unit: 'milliseconds of server CPU a join' },
  { name: 'join_p99', unit: 'milliseconds' },
  { name: 'memory', unit: 'kB of server memory a peer' },
  { name: 'leaving', unit: 'frames sent to each who stays, when some leave' },
  { name: 'load', unit: 'cores that the load itself used' },
] as const;

type PerSize = Readonly<Record<(typeof figuresPerSize)[number]['name'], number>>;

/**
 * One who sends and many who only receive, in one room. First nothing is forwarded, which is the cost of signaling; then
 * as many packets as the media workers can forward.
 */
export const audience: Benchmark = {
  name: 'audience',
  doc: 'one room, one who sends, 100 to 3,000 who receive and join at 50 a second: what a join and a packet cost',
  figures: [
    { name: 'frames_growth', unit: 'frames a peer, largest room / smallest', goal: { oursAtMost: 1.2 } },
    { name: 'cpu_growth', unit: 'CPU a join, largest room / smallest', goal: { oursAtMost: 1.5 } },
    { name: 'packets', unit: 'packets a second to an audience, as many as go' },
    { name: 'packet_cpu', unit: 'CPU seconds of server and workers, a million packets' },
    { name: 'receivers', unit: 'receivers of a camera and a microphone that these are' },
    ...sizes.whole.flatMap((receivers): Figure[] =>
      figuresPerSize.map(({ name, unit }) => ({
        ...{ name: `${name}_${receivers}`, unit, notSmall: receivers !== 100 },
        ...(name === 'frames' && { goal: { oursAtMost: 30 } }),
      })),
    ),
  ],
  runs: 1,
  sides: () => ['ours', 'reference'],
  async measure(side, scale) {
    const counts = scale.small ? sizes.small : sizes.whole;
    const results: PerSize[] = [];
    for (const receivers of counts) results.push(await fillRoom(side as Side, receivers, scale));
    const growth = (name: keyof PerSize) => (results.at(-1)?.[name] ?? 0) / (results[0]?.[name] ?? 0);
    const perSize = results.flatMap((result, index) =>
      Object.entries(result).map(([name, value]): [string, number] => [`${name}_${counts[index]}`, value]),
    );
    return {
      frames_growth: growth('frames'),
      cpu_growth: growth('cpu_join'),
      ...(await forward(side as Side, scale)),
      ...Object.fromEntries(perSize),
    } satisfies Measured;
  },
};

async function fillRoom(side: Side, receivers: number, { small }: Scale): Promise<PerSize> {
  const environment = { TUREEN_MAX_PEERS_PER_ROOM: '10000' };
  await using server = await startServer({ side, environment });
  const leaving = Math.min(50, Math.floor(receivers / 2));
  const options: AudienceLoadOptions = {
    ...{ side, port: server.port, serverPid: server.pid },
    ...{ receivers, joinsPerSecond, leaving, limit: limitMs, rehearsing: small ? 5 : 100 },
  };
  const result = await runLoad<AudienceLoadResult>('audience', options);
  const { joined } = result;
  return {
    joined,
    frames: result.frames / joined,
    kilobytes: result.bytes / joined / 1000,
    cpu_join: (result.serverCpuSeconds / joined) * 1000,
    join_p99: result.joinMilliseconds.p99,
    memory: result.memoryBytes / joined / 1000,
    leaving: result.framesOfLeaving / (joined - leaving),
    load: result.loadCores,
  };
}

async function forward(side: Side, scale: Scale): Promise<Measured> {
  const size = floodSize(scale);
  // A room for which both cores are wanted. The reference has a room on one worker.
  const environment = { TUREEN_ROOM_CONSUMERS_PER_WORKER: String(size.peers / 2) };
  await using server = await startServer({ side, workers: 2, environment });
  const result = await flood(server, { ...size, audience: side === 'ours' });
  const cpu = result.workersCpuSeconds.reduce((sum, seconds) => sum + seconds, result.serverCpuSeconds);
  return {
    packets: result.packets / result.seconds,
    packet_cpu: (cpu / result.packets) * million,
    receivers: result.packets / result.seconds / packetsOfReceiver,
  };
}
