import type { Remains } from '../../src/moderation/completion.ts';

/** What is said when a removal is not complete after its time: what is left, and what to do. Empty when it is complete. */
export function leftOver(remains: Remains): string {
  if (remains.length === 0) return '';
  const left = [...new Set(remains)].join(', ');
  return ` But something is left of it after five seconds: ${left}. Nobody gets back in; closing the room ends the rest.`;
}
