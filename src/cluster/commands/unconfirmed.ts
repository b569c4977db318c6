import { SfuError } from '../../core/errors.ts';

/** As a warning says it, beside what was done. */
export function unconfirmedSentence(names: readonly string[]): string {
  return `unconfirmed: ${silence(names)}`;
}

/** For what may or may not have been done on other nodes. */
export function unconfirmed(names: readonly string[], hint: string): SfuError {
  return new SfuError('unconfirmed', `${silence(names)}; ${hint}`);
}

function silence(names: readonly string[]): string {
  const nodes = names.map((name) => `"${name}"`).join(', ');
  return `${names.length === 1 ? 'node' : 'nodes'} ${nodes} did not answer`;
}
