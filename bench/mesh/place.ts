import type { Scale } from '../harness/benchmark.ts';
import { type RunningBus, startNodes } from '../harness/mesh.ts';
import { type RunningServer, startServer } from '../harness/server.ts';

export type MeshSide = 'ours' | 'reference';

/** Where the work is done: at three nodes of a mesh, or at one that is alone. */
export interface Place {
  /** Where media comes from. */
  readonly origin: RunningServer;
  /** Where it goes; of one that is alone, the same. */
  readonly far: RunningServer;
  readonly all: readonly RunningServer[];
  readonly bus: RunningBus | undefined;
}

/** Both sides, which run at once, so that what happens on the machine meanwhile affects both. */
export type Places = Readonly<Record<MeshSide, Place>>;
export type OfBoth<T> = Record<MeshSide, T>;

/** A part of the benchmark, which measures some of its figures on both sides. */
export type Part<F extends string> = (places: Places, scale: Scale) => Promise<OfBoth<Record<F, number>>>;

export async function startPlaces(): Promise<Places & AsyncDisposable> {
  await using ends = new AsyncDisposableStack();
  const { nodes, bus } = ends.use(await startNodes(3));
  const [origin, far] = nodes as [RunningServer, RunningServer];
  const alone = ends.use(await startServer({ side: 'ours', workers: 1 }));
  const all = ends.move();
  return {
    ours: { origin, far, all: nodes, bus },
    reference: { origin: alone, far: alone, all: [alone], bus: undefined },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Does something so many times on each side, in turns. @returns what it gave each time */
export async function inTurns<T>(
  places: Places,
  rounds: number,
  act: (place: Place) => Promise<T>,
): Promise<OfBoth<T[]>> {
  const results: OfBoth<T[]> = { ours: [], reference: [] };
  for (let round = 0; round < rounds; round += 1) {
    const sides: MeshSide[] = round % 2 === 0 ? ['ours', 'reference'] : ['reference', 'ours'];
    for (const side of sides) results[side].push(await act(places[side]));
  }
  return results;
}

export function ofBoth<T, R>(results: OfBoth<T>, make: (result: T) => R): OfBoth<R> {
  return { ours: make(results.ours), reference: make(results.reference) };
}
