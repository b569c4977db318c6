/** Chromium for tests and benchmarks: it looks for nothing outside of this machine, and no page of it is throttled. */
export const chromiumFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // No page is in front of another.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
];

/** Its own camera and microphone. */
export const fakeDevices = '--use-fake-device-for-media-stream';
/** Pages get the permissions that they ask for. */
export const fakeConsent = '--use-fake-ui-for-media-stream';
