import type { Removal } from '../../src/commands/commands.ts';

/** What is said when removals are not complete after their time: what is left, and what to do. Empty when they are complete. */
export function leftOver(removals: readonly Removal[]): string {
  const remains = new Set(removals.flatMap((removal) => removal.remains));
  if (remains.size === 0) return '';
  const left = [...remains].join(', ');
  return ` But something is left of it after five seconds: ${left}. Nobody gets back in; closing the room ends the rest.`;
}
