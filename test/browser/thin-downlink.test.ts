import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { useServer } from '../support/use-server.ts';
import { seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
const server = await useServer();

/** Lets the worker send no more than that to a page. */
async function limit(page: Page, roomId: string, bitrate: number): Promise<void> {
  const peer = server.sfu.peer(roomId, await page.evaluate(() => tureen.peerId));
  for (const [id, { consuming }] of peer.transports)
    if (consuming) await peer.webRtcTransport(id).transport.setMaxOutgoingBitrate(bitrate);
}

test('a downlink too thin for any picture shows them paused with the reason, blames itself, and they come back', async () => {
  const { browser } = held;
  const alice = await browser.open(server, { room: 'thin', name: 'Alice' });
  const bob = await browser.open(server, { room: 'thin', name: 'Bob' });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  await limit(bob, 'thin', 30_000);
  const tile = '.tile:has-text("Alice")';
  await bob.waitForSelector(`${tile}.stopped .tile-trouble >> text=Your connection is too weak for video.`);
  const judged = () =>
    bob.evaluate(() => {
      const [peer] = tureen.peers.values();
      return { own: tureen.quality().level, sender: tureen.quality(peer?.id).level };
    });
  await bob.waitForFunction(() => tureen.quality().level === 'poor');
  expect(await judged()).toEqual({ own: 'poor', sender: 'good' });
  // The sender hears only of its own uplink.
  expect(await alice.evaluate(() => tureen.quality().level)).toBe('good');
  expect(await alice.locator('.tile.stopped').count()).toBe(0);
  // What is told is still in view, or the library would stop asking for it.
  expect(await bob.evaluate(() => [...tureen.peers.values()][0]?.track('camera')?.paused)).toBe(false);
  await limit(bob, 'thin', 10_000_000);
  await bob.waitForSelector(`${tile}:not(.stopped)`);
  await bob.waitForSelector(`${tile} .tile-trouble`, { state: 'hidden' });
  await seesAndHears(bob, 1);
});
