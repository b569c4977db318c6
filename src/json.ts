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
