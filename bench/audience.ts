import type { Benchmark } from './harness/benchmark.ts';
import type { Figure, Measured } from './harness/result.ts';
import { type Side, startServer } from './harness/server.ts';
import type { AudienceLoadOptions, AudienceLoadResult } from './loads/audience.ts';
import { runLoad } from './loads/load-process.ts';

/** How many receive. */
const sizes = { whole: [100, 400, 1600, 3000], small: [25, 100] } as const;
const joinsPerSecond = 50;

const figuresPerSize = [
  { name: 'frames', unit: 'frames sent to a peer' },
  { name: 'kilobytes', unit: 'kB sent to a peer' },
  { name: 'cpu_join', unit: 'milliseconds of server CPU a join' },
  { name: 'join_p99', unit: 'milliseconds' },
  { name: 'memory', unit: 'kB of server memory a peer' },
  { name: 'leaving', unit: 'frames sent to each who stays, when some leave' },
] as const;

type PerSize = Readonly<Record<(typeof figuresPerSize)[number]['name'], number>>;

/** One who sends and many who only receive, in one room. The worker forwards nothing: this is the cost of signaling. */
export const audience: Benchmark = {
  name: 'audience',
  doc: 'one room, one who sends, 100 to 3,000 who receive and join at 50 a second: what a join costs',
  figures: [
    { name: 'frames_growth', unit: 'frames a peer, largest room / smallest', goal: { oursAtMost: 1.2 } },
    { name: 'cpu_growth', unit: 'CPU a join, largest room / smallest', goal: { oursAtMost: 1.5 } },
    ...sizes.whole.flatMap((receivers): Figure[] =>
      figuresPerSize.map(({ name, unit }) => ({
        ...{ name: `${name}_${receivers}`, unit, notSmall: receivers !== 100 },
        ...(name === 'frames' && { goal: { oursAtMost: 30 } }),
      })),
    ),
  ],
  runs: 1,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    const counts = small ? sizes.small : sizes.whole;
    const results: PerSize[] = [];
    for (const receivers of counts) results.push(await fillRoom(side as Side, receivers));
    const growth = (name: keyof PerSize) => (results.at(-1)?.[name] ?? 0) / (results[0]?.[name] ?? 0);
    const perSize = results.flatMap((result, index) =>
      Object.entries(result).map(([name, value]): [string, number] => [`${name}_${counts[index]}`, value]),
    );
    return {
      frames_growth: growth('frames'),
      cpu_growth: growth('cpu_join'),
      ...Object.fromEntries(perSize),
    } satisfies Measured;
  },
};

async function fillRoom(side: Side, receivers: number): Promise<PerSize> {
  const environment = { TUREEN_MAX_PEERS_PER_ROOM: '10000' };
  await using server = await startServer({ side, environment });
  const leaving = Math.min(50, Math.floor(receivers / 2));
  const options: AudienceLoadOptions = {
    ...{ side, port: server.port, serverPid: server.pid },
    ...{ receivers, joinsPerSecond, leaving },
  };
  const result = await runLoad<AudienceLoadResult>('audience', options);
  return {
    frames: result.frames / receivers,
    kilobytes: result.bytes / receivers / 1000,
    cpu_join: (result.serverCpuSeconds / receivers) * 1000,
    join_p99: result.joinMilliseconds.p99,
    memory: result.memoryBytes / receivers / 1000,
    leaving: result.framesOfLeaving / (receivers - leaving),
  };
}
