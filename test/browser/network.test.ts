import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { TcpRelay } from '../client/tcp-relay.ts';
import { UdpRelay } from '../client/udp-relay.ts';
import { freePort } from '../support/port.ts';
import { Program } from '../support/program.ts';
import { startServer } from '../support/server.ts';
import { eventually, until } from '../support/until.ts';
import { pageTimeoutMs, seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();

/** Leads the media of a page over another UDP port, as if that were the only way to the server. */
async function mediaOver(page: Page, port: number): Promise<void> {
  await page.addInitScript((relay) => {
    const original = RTCPeerConnection.prototype.setRemoteDescription;
    const redirected = function (this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
      const lines = description.sdp?.split('\r\n') ?? [];
      const kept = lines.filter((line) => !/^a=candidate:.* tcp /i.test(line));
      const sdp = kept.map((line) => line.replace(/^(a=candidate:\S+ \d+ udp \d+ \S+) \d+/i, `$1 ${relay}`));
      return Reflect.apply(original, this, [{ ...description, sdp: sdp.join('\r\n') }]);
    };
    Object.assign(RTCPeerConnection.prototype, { setRemoteDescription: redirected });
  }, port);
}

/** The media port of the only worker. */
async function mediaPort(server: Awaited<ReturnType<typeof startServer>>): Promise<number> {
  const dump = await server.sfu.pool.slots[0]?.live?.webRtcServer.dump();
  const [udp] = dump?.udpSockets ?? [];
  if (!udp) throw new Error('the worker listens on no UDP port');
  return udp.port;
}

async function joinAt(page: Page, origin: string, name: string): Promise<void> {
  page.setDefaultTimeout(pageTimeoutMs);
  await page.goto(`${origin}/?room=network`);
  await page.fill('#name', name);
  await page.waitForSelector('#preview-camera[aria-pressed=true]');
  await page.click('#join');
  await page.waitForSelector('#call:not([hidden])');
}

/** Notes the states that the client of a page goes through. */
const noteStates = (page: Page) =>
  page.evaluate(() => {
    const states: string[] = [];
    Object.assign(globalThis, { states });
    tureen.on('state', ({ state }) => states.push(state));
  });

const notedStates = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { states: string[] }).states);

test('a network that is cut until the page notices comes back, and media flows again by itself', async () => {
  await using server = await startServer();
  using tcp = new TcpRelay(server);
  using udp = await UdpRelay.to(await mediaPort(server));
  const alice = await held.browser.context.newPage();
  await mediaOver(alice, udp.port);
  await joinAt(alice, tcp.url, 'Alice');
  const bob = await held.browser.open(server, { room: 'network', name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  const peerId = await alice.evaluate(() => tureen.peerId);
  await noteStates(alice);
  tcp.silence();
  udp.silence();
  const frames = async () => (await statistics(alice)).videos.reduce((sum, video) => sum + video.frames, 0);
  await alice.waitForSelector('#banner >> text=The connection is bad. Mending it…');
  const before = await frames();
  tcp.restore();
  udp.restore();
  const restoredAt = performance.now();
  await eventually('more frames', frames, (count) => count > before + 5);
  console.log(
    `media flowed again ${Math.round(performance.now() - restoredAt)} ms after the network came back`,
  );
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  await alice.waitForSelector('#banner', { state: 'hidden' });
  expect(await alice.evaluate(() => tureen.state)).toBe('joined');
  expect(await alice.evaluate(() => tureen.peerId)).toBe(peerId);
  await held.browser.closePages();
});

test('a connection that breaks is told, and made again by itself after attempts in vain', async () => {
  // One that cannot resume: resume.test.ts has the other.
  await using server = await startServer({ TUREEN_RESUME_SECONDS: '0' });
  using tcp = new TcpRelay(server);
  const alice = await held.browser.context.newPage();
  await joinAt(alice, tcp.url, 'Alice');
  const bob = await held.browser.open(server, { room: 'network', name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  await noteStates(alice);
  held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION/);
  tcp.cut();
  await alice.waitForSelector('#banner >> text=The connection broke. Reconnecting…');
  await bob.waitForSelector('.tile >> text=Alice', { state: 'detached' });
  await until(() => tcp.refused >= 3, 'three attempts in vain');
  tcp.restore();
  // The button may be gone by now, for the page goes on trying by itself.
  await alice.evaluate(() =>
    document.querySelector<HTMLElement>('#banner:not([hidden]) #banner-action')?.click(),
  );
  await alice.waitForSelector('#banner', { state: 'hidden' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  expect(await notedStates(alice)).toEqual(['reconnecting', 'joined']);
  await held.browser.closePages();
});

test('a server that is killed and started again has its call back, and one that stays away is told', async () => {
  const port = freePort();
  const start = () => Program.start({ environment: { PORT: String(port) } });
  await using first = await start();
  const alice = await held.browser.open({ port }, { room: 'killed', name: 'Alice' });
  const bob = await held.browser.open({ port }, { room: 'killed', name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION/);
  first.process.kill('SIGKILL');
  await first.process.exited;
  await alice.waitForSelector('#banner >> text=comes back');
  await using second = await start();
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  await alice.waitForSelector('#banner', { state: 'hidden' });
  second.process.kill('SIGKILL');
  await second.process.exited;
  await alice.waitForSelector('#banner >> text=Reconnecting…');
  // That nothing is heard now is no fault of Bob's.
  await alice.waitForSelector('.tile.away >> text=Bob');
  expect(await alice.locator('.tile.away .tile-mute[hidden]').count()).toBe(1);
  // Two minutes are over sooner for a page whose clock runs faster.
  await alice.evaluate(() => {
    const now = performance.now.bind(performance);
    const startedAt = now();
    performance.now = () => startedAt + (now() - startedAt) * 100;
  });
  await alice.waitForSelector('#ending >> text=The server cannot be reached');
  await held.browser.closePages();
});
