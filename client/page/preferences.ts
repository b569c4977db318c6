import type { DeviceKind } from '../index.ts';

/** The user's preferences, stored on this device only. */
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
    // Storage may be forbidden or hold an old format: then use the defaults.
    return {};
  }
}

export function remember(preferences: Preferences): void {
  try {
    localStorage.setItem(key, JSON.stringify({ ...readPreferences(), ...preferences }));
  } catch {
    // Without storage the preferences are not remembered.
  }
}
