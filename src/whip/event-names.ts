import { SfuError } from '../core/errors.ts';
import { readJson } from './http.ts';

/** The events of the draft (draft-ietf-wish-whep-03, section 4.9.1) that this server sends. */
export const eventNames = ['active', 'inactive', 'layers'] as const;
export type EventName = (typeof eventNames)[number];

/** Reads which events a player wants on a stream; all when the body is empty. @throws SfuError invalid_params */
export function readEventNames(text: string): EventName[] {
  const names = text.trim() === '' ? eventNames : readJson(text);
  if (Array.isArray(names) && names.every((name) => eventNames.includes(name))) return [...names];
  throw new SfuError(
    'invalid_params',
    `the body must be a JSON array of names from ${eventNames.join(', ')}`,
  );
}
