import { type Static, Type } from '@sinclair/typebox';
import { oneOf, orNull } from './schemas.ts';

/** What a node or a worker can run out of. */
export const stressResources = ['worker_cpu', 'worker_files', 'loop_cpu', 'egress', 'files'] as const;
export type StressResource = (typeof stressResources)[number];

/** How near a node or a worker is to the end of what it has. */
export interface Stress {
  /** That of the scarcest resource: from 0, nothing to do, to 1, nothing left. */
  readonly level: number;
  /** The scarcest resource; null while nothing could be measured. */
  readonly resource: StressResource | null;
  /** Of each resource that is measured, from 0 to 1. */
  readonly levels: Readonly<Partial<Record<StressResource, number>>>;
}

export interface NodeStress extends Stress {
  /** By the index of the worker, of those that run. */
  readonly workers: ReadonlyMap<number, Stress>;
}

/** What others are told of it. */
export const StressLevel = Type.Object(
  {
    level: Type.Number({ minimum: 0, maximum: 1, description: 'From 0, nothing to do, to 1, nothing left' }),
    resource: orNull(
      oneOf(stressResources),
      'What is scarcest: the processor for the media workers (`worker_cpu`) or for the event loop of the server (`loop_cpu`), bandwidth to send (`egress`), or files that the server (`files`) or a worker (`worker_files`) may open; null while nothing is measured',
    ),
  },
  { description: 'How near it is to the end of what it has' },
);

/** The scarcest of the resources. */
export function stressOf(levels: Stress['levels']): Stress {
  let stress: Stress = { level: 0, resource: null, levels };
  for (const resource of stressResources) {
    const level = levels[resource];
    if (level !== undefined && (stress.resource === null || level > stress.level))
      stress = { level, resource, levels };
  }
  return stress;
}

/** What is told of it, in hundredths: more digits say nothing. */
export function stressLevel({ level, resource }: Stress): Static<typeof StressLevel> {
  return { level: Math.round(level * 100) / 100, resource };
}

export const notStressed: NodeStress = { ...stressOf({}), workers: new Map() };
