import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { TcpRelay } from '../client/tcp-relay.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { enter, pageTimeoutMs, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

/** https://w3c.github.io/mediacapture-transform/, which TypeScript does not know yet. */
declare class MediaStreamTrackProcessor {
  constructor(options: { track: MediaStreamTrack });
  readonly readable: ReadableStream<VideoFrame>;
}

const held = useBrowser();

/** A hole that nobody would overlook, in milliseconds. The measured one is printed: it says more on a quiet machine. */
const maxGapMs = 2000;

interface Watch {
  /** The largest time between two pictures that the page received of the other, in milliseconds. */
  gap: number;
  pictures: number;
  /** What the page was told. */
  news: string[];
}

/** From now on the page notes when pictures of the other arrive, and what it is told. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watch: Watch = { gap: 0, pictures: 0, news: [] };
    Object.assign(globalThis, { watch });
    tureen.on('state', ({ state }) => watch.news.push(state));
    tureen.on('peerLeft', () => watch.news.push('left'));
    tureen.on('trackRemoved', () => watch.news.push('track removed'));
    tureen.on('peerChanged', ({ away }) => watch.news.push(away ? 'away' : 'here'));
    // Not from the video element: a page in the background paints once a second.
    const [peer] = tureen.peers.values();
    const track = peer?.track('camera')?.mediaTrack.clone();
    if (!track) throw new Error('there is no picture to watch');
    const frames = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let last: number | undefined;
    const next = async () => {
      const { value: frame } = await frames.read();
      const now = performance.now();
      if (last !== undefined) watch.gap = Math.max(watch.gap, now - last);
      last = now;
      watch.pictures += 1;
      frame?.close();
      if (frame) void next();
    };
    void next();
  });
}

const watched = (page: Page) => page.evaluate(() => (globalThis as unknown as { watch: Watch }).watch);

test('a call goes on while the socket of one of its pages is cut for eight seconds', async () => {
  await using server = await startServer();
  using tcp = new TcpRelay(server);
  const alice = await held.browser.context.newPage();
  alice.setDefaultTimeout(pageTimeoutMs);
  await alice.goto(`${tcp.url}/?room=resume`);
  await enter(alice, 'Alice');
  const bob = await held.browser.open(server, { room: 'resume', name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  const peerId = await alice.evaluate(() => tureen.peerId);
  const peer = () => server.sfu.room('resume').peers.get(peerId);
  const media = () => ({
    session: peer()?.sessionId,
    sent: [...(peer()?.publications.keys() ?? [])],
    received: [...(peer()?.subscriptions.keys() ?? [])],
  });
  const before = media();
  await Promise.all([watch(alice), watch(bob)]);
  held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION/);
  tcp.cut();
  await bob.waitForSelector('.tile.away >> text=reconnecting…');
  await alice.waitForSelector('#banner >> text=You are still in the call');
  await eventually(
    'eight seconds without a socket',
    () => peer()?.absence?.age() ?? 0,
    (age) => age >= 8000,
  );
  tcp.restore();
  await alice.waitForSelector('#banner', { state: 'hidden' });
  await bob.waitForSelector('.tile.away', { state: 'detached' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  expect(media()).toEqual(before);
  const [seenByAlice, seenByBob] = await Promise.all([watched(alice), watched(bob)]);
  for (const [name, { gap, pictures }] of Object.entries({ alice: seenByAlice, bob: seenByBob })) {
    console.log(`${name} got ${pictures} pictures, the largest gap between two was ${Math.round(gap)} ms`);
    expect(pictures).toBeGreaterThan(30);
    expect(gap).toBeLessThan(maxGapMs);
  }
  expect(seenByAlice.news).toEqual(['resuming', 'joined']);
  expect(seenByBob.news).toEqual(['away', 'here']);
}, 240_000);
