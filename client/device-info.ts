import type { DeviceInfo } from './remote-peer.ts';

/** Browsers by what their user agent says, the more special before those that they imitate. */
const browsers: ReadonlyArray<{ flag: string; name: string; pattern: RegExp }> = [
  { flag: 'edge', name: 'Edge', pattern: /Edg(?:e|A|iOS)?\/(\d+)/ },
  { flag: 'opera', name: 'Opera', pattern: /OPR\/(\d+)/ },
  { flag: 'firefox', name: 'Firefox', pattern: /(?:Firefox|FxiOS)\/(\d+)/ },
  { flag: 'chrome', name: 'Chrome', pattern: /(?:Chrome|CriOS|HeadlessChrome)\/(\d+)/ },
  { flag: 'safari', name: 'Safari', pattern: /Version\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari/ },
];

/** This device as the others see it. */
export function describeDevice(userAgent = globalThis.navigator?.userAgent ?? ''): DeviceInfo {
  for (const { flag, name, pattern } of browsers) {
    const version = pattern.exec(userAgent)?.[1];
    if (version) return { flag, name, version };
  }
  return { flag: 'other', name: userAgent.slice(0, 40) };
}
