import { connect } from '@nats-io/transport-node';
import { type Beat, protocolVersion } from '../../src/cluster/messages.ts';
import { OwnSubjects } from '../../src/cluster/subjects.ts';
import { untilItKnows } from '../harness/mesh.ts';
import type { RunningServer } from '../harness/server.ts';
import type { MeshSide, Part, Place } from './place.ts';

/** Bun collects garbage every second until the heap was quiet for half a minute. */
const settlingMs = 35_000;
const windowMs = 20_000;
const beatMs = 1000;
/** How many nodes a large mesh has. */
const manyNodes = 100;
const megabyte = 1e6;

/** What a node costs that has nothing to do: among three, and among a hundred, of which most only say that they live. */
export const idle: Part<'idle_cpu' | 'idle_cpu_100' | 'idle_memory_100'> = async (places, { small }) => {
  const window = small ? 500 : windowMs;
  const cpu = async () => {
    const [ours, reference] = await Promise.all([
      cpuAt(places.ours.far, window),
      cpuAt(places.reference.far, window),
    ]);
    return { ours, reference };
  };
  await Bun.sleep(small ? 0 : settlingMs);
  const few = await cpu();
  const stop = await beatAs(places.ours, manyNodes - places.ours.all.length);
  try {
    await untilItKnows(places.ours.far, manyNodes - 1);
    const many = await cpu();
    const figures = (side: MeshSide) => ({
      idle_cpu: few[side],
      idle_cpu_100: many[side],
      idle_memory_100: memoryAt(places[side].far),
    });
    return { ours: figures('ours'), reference: figures('reference') };
  } finally {
    await stop();
  }
};

/** @returns the share of a core, in per cent */
async function cpuAt(node: RunningServer, window: number): Promise<number> {
  const cpuBefore = node.cpuSeconds();
  const startedAt = performance.now();
  await Bun.sleep(window);
  return ((node.cpuSeconds() - cpuBefore) / (performance.now() - startedAt)) * 1000 * 100;
}

function memoryAt(node: RunningServer): number {
  return node.memory().anonymous / megabyte;
}

/** Says each second, for that many nodes that do not exist, that they live. @returns what ends them */
async function beatAs({ bus }: Place, count: number): Promise<() => Promise<void>> {
  const connection = await connect({ servers: bus?.url.replace(/^\w+:\/\//, '') ?? '' });
  const nodes = Array.from({ length: count }, (_, index) => ({
    name: `simulated-${index}`,
    life: `life-${index}`,
  }));
  const say = () => {
    for (const node of nodes)
      connection.publish(new OwnSubjects(node).node('beat'), JSON.stringify(beatOf(node)));
  };
  say();
  const saying = setInterval(say, beatMs);
  return async () => {
    clearInterval(saying);
    for (const node of nodes) connection.publish(new OwnSubjects(node).node('bye'), '{}');
    await connection.drain();
  };
}

function beatOf({ name, life }: { name: string; life: string }): Beat {
  return {
    ...{ version: protocolVersion, name, installation: `installation of ${life}`, succeeds: null },
    ...{
      region: 'ams',
      url: `https://${name}.example.com`,
      pipeAddress: '10.0.0.1',
      release: '1.0.0',
      mesh: null,
    },
    ...{ draining: false, drainDeadline: null, rooms: 10, peers: 100, now: Date.now() },
  };
}
