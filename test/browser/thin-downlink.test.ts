import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { seesAndHears, statistics } from './support.ts';
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
  expect(await bob.textContent('#announcer')).toBe(
    'Your connection is too weak for video. The picture comes back by itself.',
  );
  await bob.waitForFunction(
    () => tureen.quality().cause === 'bandwidth' && (tureen.quality().score ?? 10) < 5,
  );
  // The sender hears only of its own connection, which a busy machine may make slow, and so does Bob of hers.
  const causes = [
    await bob.evaluate(() => tureen.quality([...tureen.peers.values()][0]?.id).cause),
    await alice.evaluate(() => tureen.quality().cause),
  ];
  expect(causes).not.toContain('bandwidth');
  expect(await alice.locator('.tile.stopped').count()).toBe(0);
  // What is told is still in view, or the library would stop asking for it.
  expect(await bob.evaluate(() => [...tureen.peers.values()][0]?.track('camera')?.paused)).toBe(false);
  await limit(bob, 'thin', 10_000_000);
  await bob.waitForSelector(`${tile}:not(.stopped)`);
  await bob.waitForSelector(`${tile} .tile-trouble`, { state: 'hidden' });
  await seesAndHears(bob, 1);
});

test('the last bandwidth goes to the sound, the shared screen and who speaks', async () => {
  const { browser } = held;
  const alice = await browser.open(server, { room: 'last', name: 'Alice' });
  await alice.click('#screen');
  await alice.waitForSelector('.tile.screen.main');
  const bob = await browser.open(server, { room: 'last', name: 'Bob' });
  const carol = await browser.open(server, { room: 'last', name: 'Carol' });
  for (const page of [bob, carol]) await page.click('#microphone');
  await seesAndHears(carol, 2);
  await carol.waitForSelector('.tile.screen.main');
  // Only Alice is heard. Among equals the worker has no order that could be relied on.
  await carol.waitForSelector('.tile.speaking:has-text("Alice")');
  const pictures = () =>
    carol.evaluate(() => {
      const named = [...tureen.peers.values()].flatMap(({ displayName, tracks }) =>
        [...tracks].map((track) => ({ name: `${displayName} ${track.source}`, track })),
      );
      const names = (which: (one: (typeof named)[number]) => boolean) =>
        named
          .filter(which)
          .map(({ name }) => name)
          .sort()
          .join();
      return {
        arriving: names(({ track }) => track.layers !== null),
        stopped: names(({ track }) => track.outOfBandwidth),
      };
    });
  expect(await pictures()).toEqual({ arriving: 'Alice camera,Alice screen,Bob camera', stopped: '' });
  // How much pictures need depends on the browser and its machine, so less is sent until one of them must wait.
  for (let bitrate = 160_000; (await pictures()).stopped === '' && bitrate > 40_000; bitrate -= 10_000) {
    await limit(carol, 'last', bitrate);
    await carol
      .waitForSelector('.tile.stopped', { timeout: 3000 })
      // It still fits.
      .catch(() => {});
  }
  const expected = { arriving: 'Alice camera,Alice screen', stopped: 'Bob camera' };
  await eventually('the picture that waits', pictures, (now) => Bun.deepEquals(now, expected));
  const { audioPackets } = await statistics(carol);
  const heard = audioPackets.reduce((sum, { packets }) => sum + packets, 0);
  await eventually(
    'more sound',
    async () => (await statistics(carol)).audioPackets.reduce((sum, { packets }) => sum + packets, 0),
    (packets) => packets > heard + 50,
  );
});
