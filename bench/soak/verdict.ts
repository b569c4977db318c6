import type { Checkpoint } from './checkpoint.ts';

const mebibyte = 1024 * 1024;

/**
 * How much more there may be at the end than after the warm-up. The heap is steady after a full collection; the memory of a
 * process goes up and down by tens of megabytes with what the allocator has not given back. A worker that was replaced
 * opens a few files more or fewer, and a series may come with an event that is rare.
 */
const bounds: Readonly<Record<keyof Checkpoint, number>> = {
  heap: 4 * mebibyte,
  resident: 96 * mebibyte,
  workerResident: 96 * mebibyte,
  descriptors: 4,
  workerDescriptors: 8,
  ports: 0,
  series: 100,
  standing: 0,
};

/** The share of the checkpoints in which everything may still grow to its usual size. */
const warmUpShare = 1 / 3;

/**
 * What has grown: the least of the last third against the most of the first one, so that neither a peak in the warm-up
 * hides a leak for good, nor a peak at the end looks like one.
 * @returns a sentence for each
 */
export function growth(checkpoints: readonly Checkpoint[]): string[] {
  const third = Math.ceil(checkpoints.length * warmUpShare);
  const warm = checkpoints.slice(0, third);
  const last = checkpoints.slice(-third);
  return (Object.keys(bounds) as (keyof Checkpoint)[]).flatMap((name) => {
    const before = Math.max(...warm.map((checkpoint) => checkpoint[name]));
    const after = Math.min(...last.map((checkpoint) => checkpoint[name]));
    if (after - before <= bounds[name]) return [];
    return [`${name} grew from ${before} to ${after}, and may grow by ${bounds[name]}`];
  });
}
