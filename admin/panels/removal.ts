import type { Removal } from '../../src/commands/commands.ts';

/** A warning when removals are not complete in time: what is left, and what to do. Empty when they are complete. */
export function leftOver(removals: readonly Removal[]): string {
  const remains = new Set(removals.flatMap((removal) => removal.remains));
  if (remains.size === 0) return '';
  const left = [...remains].join(', ');
  return ` But this is still there after five seconds: ${left}. Nobody gets back in; close the room to end the rest.`;
}
