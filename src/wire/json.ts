import { SfuError } from '../core/errors.ts';

/** @param what names the text in the error, such as `frame` @throws SfuError invalid_message for anything but an object */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SfuError('invalid_message', `the ${what} is not JSON; send one JSON object`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SfuError('invalid_message', `the ${what} is not a JSON object`);
  return value as Record<string, unknown>;
}

/**
 * Makes parsed JSON of strangers harmless, in place: takes out keys that could reach a prototype, and looks how deep it
 * is nested, which also bounds this function's own depth.
 * @returns false when it is nested deeper than that; then it must not be used
 */
export function tame(parent: object, mostDepth: number): boolean {
  if (mostDepth < 1) return false;
  for (const key in parent) {
    if (key === '__proto__') {
      Reflect.deleteProperty(parent, key);
      continue;
    }
    const child = (parent as Record<string, unknown>)[key];
    if (typeof child === 'object' && child !== null && !tame(child, mostDepth - 1)) return false;
  }
  return true;
}
