import { SfuError } from '../../core/errors.ts';

/**
 * Something of a peer by its id. A foreign id must answer exactly like an unknown one, so that only the peer's own map is
 * asked. @throws SfuError not_found
 */
export function owned<T>(own: ReadonlyMap<string, T>, what: string, id: string): T {
  const found = own.get(id);
  if (found) return found;
  throw notOwned(what, id);
}

export function notOwned(what: string, id: string): SfuError {
  const sentence = `you have no ${what} with the id "${id}"; it may have been closed meanwhile`;
  return new SfuError('not_found', sentence);
}
