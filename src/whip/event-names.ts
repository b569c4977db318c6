import { SfuError } from '../core/errors.ts';
import { readJson } from './http.ts';

/** The events of the draft (draft-ietf-wish-whep-03, section 4.9.1) that there are here. */
export const eventNames = ['active', 'inactive', 'layers'] as const;
export type EventName = (typeof eventNames)[number];

/** Reads which events a stream is to have; all when nothing is asked for. @throws SfuError invalid_params */
export function readEventNames(text: string): EventName[] {
  const names = text.trim() === '' ? eventNames : readJson(text);
  if (Array.isArray(names) && names.every((name) => eventNames.includes(name))) return [...names];
  throw new SfuError('invalid_params', `the body is a JSON array of some of ${eventNames.join(', ')}`);
}
