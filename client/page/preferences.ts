import type { DeviceKind } from '../index.ts';

/** What the page remembers of its user, on this device only. */
export interface Preferences {
  readonly name?: string;
  /** Whether single keys work as shortcuts. */
  readonly keys?: boolean;
  readonly devices?: Partial<Record<DeviceKind, string>>;
}

const key = 'tureen';

export function readPreferences(): Preferences {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // A browser may forbid storage, or hold something old: then everything begins as usual.
    return {};
  }
}

export function remember(preferences: Preferences): void {
  try {
    localStorage.setItem(key, JSON.stringify({ ...readPreferences(), ...preferences }));
  } catch {
    // Without storage the page forgets, which harms nobody.
  }
}
