import type { Benchmark, Scale } from './harness/benchmark.ts';
import type { Measured } from './harness/result.ts';
import { busMessages } from './mesh/bus-messages.ts';
import { idle } from './mesh/idle.ts';
import { coldJoin, crowd, delay, join, stream } from './mesh/media.ts';
import { type MeshSide, type OfBoth, startPlaces } from './mesh/place.ts';

/** What it costs that the peers of a room are at several nodes. The reference is the same work at one. */
export const mesh: Benchmark = {
  name: 'mesh',
  doc: 'three nodes on one bus (ours) against one (reference): media, joins, messages on the bus, idle nodes',
  figures: [
    { name: 'delay', unit: 'milliseconds of a packet at the median', goal: { addsAtMost: 1 } },
    { name: 'delay_p99', unit: 'milliseconds of a packet at the 99th percentile' },
    { name: 'join_first', unit: 'milliseconds until the first packet', goal: { atMost: 1.3 } },
    { name: 'join_later', unit: 'milliseconds until the first packet', goal: { atMost: 1.3 } },
    { name: 'join_cold', unit: 'milliseconds until the first packet, of the first join of all' },
    { name: 'stream_origin', unit: 'CPU seconds a million packets, worker of the origin' },
    { name: 'stream_all', unit: 'CPU seconds a million packets, all workers' },
    { name: 'join_messages', unit: 'messages to each other node with the room', goal: { atMost: 1 } },
    { name: 'leave_messages', unit: 'messages to each other node with the room', goal: { atMost: 1 } },
    { name: 'mute_messages', unit: 'messages to each other node with the room', goal: { atMost: 1 } },
    { name: 'crowd_workers', unit: 'CPU seconds a million packets, all workers' },
    { name: 'crowd_servers', unit: 'CPU seconds a million packets, all server processes' },
    { name: 'crowd_arrived', unit: 'share of the packets' },
    { name: 'idle_cpu', unit: 'per cent of a core, a node of three' },
    { name: 'idle_cpu_100', unit: 'per cent of a core, a node of a hundred' },
    { name: 'idle_memory_100', unit: 'MB, a node of a hundred' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, scale) {
    measured ??= await measureBoth(scale);
    const { [side as MeshSide]: result, ...other } = measured;
    measured = Object.keys(other).length > 0 ? other : undefined;
    return result ?? {};
  },
};

/** What a run found, until it was read of both sides. */
let measured: Partial<OfBoth<Measured>> | undefined;

/** Part by part, so that what else happens on the machine affects both sides. */
async function measureBoth(scale: Scale): Promise<OfBoth<Measured>> {
  await using places = await startPlaces();
  const parts: OfBoth<Measured>[] = [];
  for (const part of [coldJoin, idle, delay, join, stream, crowd]) parts.push(await part(places, scale));
  parts.push(await busMessages(scale));
  const figures = (side: MeshSide): Measured => Object.assign({}, ...parts.map((part) => part[side]));
  return { ours: figures('ours'), reference: figures('reference') };
}
