import type { DeviceKind } from '../index.ts';

/** The user's preferences, stored on this device only. */
export interface Preferences {
  readonly name?: string;
  /** Whether single keys work as shortcuts. */
  readonly keys?: boolean;
  readonly layout?: 'grid' | 'speaker';
  /** Whether the browser takes noise out of the microphone. */
  readonly noiseSuppression?: boolean;
  readonly devices?: Partial<Record<DeviceKind, string>>;
}

const key = 'tureen';

export function readPreferences(): Preferences {
  return read(() => localStorage);
}

/** Whether camera and microphone were on in this tab, also before it was loaded again. */
export type DevicesOn = Partial<Record<'camera' | 'microphone', boolean>>;

export function readDevicesOn(): DevicesOn {
  return read(() => sessionStorage);
}

export function rememberDevicesOn(on: DevicesOn): void {
  write(() => sessionStorage, on);
}

export function remember(preferences: Preferences): void {
  write(() => localStorage, { ...readPreferences(), ...preferences });
}

/** Storage is asked for inside, since a browser may forbid even that. */
function read<T extends object>(storage: () => Storage): Partial<T> {
  try {
    const value: unknown = JSON.parse(storage().getItem(key) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Storage may be forbidden or hold an old format: then use the defaults.
    return {};
  }
}

function write(storage: () => Storage, value: object): void {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // Without storage nothing is remembered.
  }
}
