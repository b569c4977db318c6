/**
 * What became of commands for other nodes. `unconfirmed`: a node that may have carried it out, or has to know of it, did not
 * answer. `pending`: a peer was removed, and a node did not say in time that its copies of what it sent are gone.
 */
export const commandOutcomes = ['done', 'refused', 'unconfirmed', 'pending'] as const;
export type CommandOutcome = (typeof commandOutcomes)[number];
export type CommandCounts = Record<CommandOutcome, number>;

export function noCommandCounts(): CommandCounts {
  return { done: 0, refused: 0, unconfirmed: 0, pending: 0 };
}
