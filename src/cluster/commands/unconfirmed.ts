import { SfuError } from '../../core/errors.ts';

export function unconfirmedSentence(names: readonly string[]): string {
  const nodes = names.map((name) => `"${name}"`).join(', ');
  return `unconfirmed: ${names.length === 1 ? 'node' : 'nodes'} ${nodes} did not answer`;
}

/** For what may or may not have been done on other nodes. */
export function unconfirmed(names: readonly string[], hint: string): SfuError {
  return new SfuError('unconfirmed', `${unconfirmedSentence(names)}; ${hint}`);
}
