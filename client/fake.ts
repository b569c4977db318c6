/**
 * For the tests of an application: clients of this library, and the hooks and components of tureen-react, with a server in
 * memory and devices that are not there. No process, no network, nothing to install.
 */
export { type FakeBrowser, type FakeBrowserOptions, type FakeDevice, fakeBrowser } from './fake-browser.ts';
export type { FakeGrants } from './fake-peer.ts';
export { type FakeClientOptions, FakeServer } from './fake-server.ts';
export { fakeTrack } from './fake-track.ts';
