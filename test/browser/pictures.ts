/**
 * Takes the pictures of the try-it page: `bun test/browser/pictures.ts [folder]`. Without a folder, those of the README
 * go to docs/pictures; with one, every screen in both themes and forced colours, at each size, goes there, to be looked
 * at.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { buildPage } from '../../client/build.ts';
import { serverActor } from '../../src/core/actors.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { paintCamera } from './painted-camera.ts';
import { Browser, enter, statistics } from './support.ts';

const folder = process.argv[2];
const target = folder ?? join(import.meta.dir, '..', '..', 'docs', 'pictures');
const room = 'sage-lentil-42';
const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  small: { width: 360, height: 640 },
} as const;
const themes = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'dark', forcedColors: 'active' },
} as const;
/** What the README shows. */
const chosen = new Set([
  'call-four-desktop-light',
  'call-chat-desktop-dark',
  'call-two-phone-light',
  'call-details-phone-dark',
]);

await mkdir(target, { recursive: true });
// The server reads the page when it starts.
await buildPage();
await using server = await startServer();
await using browser = await Browser.launch();
await browser.context.addInitScript(paintCamera);

async function take(page: Page, name: string): Promise<void> {
  for (const [label, size] of Object.entries(sizes)) {
    for (const [theme, media] of Object.entries(themes)) {
      const file = `call-${name}-${label}-${theme}`;
      if (!folder && !chosen.has(file)) continue;
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      await page.setViewportSize(size);
      await page.mouse.move(0, size.height / 2);
      // Tiles get another layer for their new size a moment later, and nothing tells when it is there.
      await Bun.sleep(700);
      await page.screenshot({ path: join(target, `${file}.png`) });
    }
  }
  await page.setViewportSize(sizes.desktop);
}

const sees = (page: Page, count: number) =>
  eventually(
    `${count} pictures`,
    () => statistics(page),
    ({ videos }) => videos.filter(({ frames }) => frames > 5).length >= count,
  );

/** What a moderator sees, who pins somebody, asks for a removal, and mutes. */
async function takeModeration(): Promise<void> {
  await using moderated = await startServer(withKeys);
  const open = async (id: string, look: number, grants = {}) => {
    const hash = `#token=${await tokenFor(room, id.toLowerCase(), { grants })}`;
    return await browser.open(moderated, { room, hash, query: `&look=${look}`, name: id });
  };
  const mona = await open('Mona', 0, { moderate: true });
  const bob = await open('Bob', 1);
  await open('Carol', 2);
  await sees(mona, 2);
  await mona.bringToFront();
  await mona.click('.tile:has-text("Bob") .tile-pin');
  await take(mona, 'pinned');
  await bob.click('#hand');
  await mona.click('#people-toggle');
  await mona.click('[data-person=bob] .ghost');
  await mona.click('[data-action=mute]:visible');
  await mona.waitForSelector('[data-person=bob] >> text=muted by a moderator');
  await take(mona, 'people');
  await mona.click('[data-action=remove]:visible');
  await mona.waitForSelector('#question[open]');
  await take(mona, 'question');
}

const alice = await browser.open(server, { room, query: '&look=0' });
await alice.fill('#name', 'Alice Adams');
await alice.evaluate(() => (document.activeElement as HTMLElement).blur());
await take(alice, 'entrance');
await enter(alice, 'Alice Adams');
await take(alice, 'alone');
const bob = await browser.open(server, { room, query: '&look=1', name: 'Bob Baker' });
await sees(alice, 1);
await alice.bringToFront();
await eventually(
  'a measured quality',
  () => alice.locator('.bars[data-level=good]').count(),
  (count) => count === 2,
);
await take(alice, 'two');
const carol = await browser.open(server, { room, query: '&look=2', name: 'Carol Castillo' });
const dmitri = await browser.open(server, { room, query: '&look=3', name: 'Dmitri Dolin' });
await sees(alice, 3);
await carol.click('#hand');
await carol.click('#microphone');
await alice.bringToFront();
await eventually(
  'a measured quality',
  () => alice.locator('.bars[data-level=good]').count(),
  (count) => count === 4,
);
await eventually(
  'no toast',
  () => alice.locator('.toast').count(),
  (count) => count === 0,
);
await take(alice, 'four');
await alice.click('#chat-toggle');
for (const [page, text] of [
  [bob, 'Is the soup ready?'],
  [alice, 'It is. Bring bread, and whoever is hungry.'],
  [carol, 'On my way, with basil.'],
] as const) {
  if (page !== alice) await page.click('#chat-toggle');
  await page.fill('#chat-text', text);
  await page.press('#chat-text', 'Enter');
  await alice.waitForSelector(`#messages >> text=${text}`);
}
await alice.bringToFront();
await take(alice, 'chat');
await alice.click('#chat-close');
await dmitri.click('#camera');
await alice.click('#layout');
await take(alice, 'speaker');
await alice.click('#layout');
await alice.locator('.bars').first().click();
await eventually(
  'numbers',
  () => alice.textContent('#details-numbers'),
  (text) => text?.includes('lost') ?? false,
);
await take(alice, 'details');
await alice.click('#details-close');
await alice.click('#settings-open');
await take(alice, 'settings');
await alice.click('#settings-close');
const peerId = await alice.locator('.tile.own').getAttribute('data-peer');
void server.sfu.removePeer({
  roomId: room,
  peerId: peerId ?? '',
  reason: 'Please keep to the recipe',
  by: serverActor,
});
await alice.waitForSelector('#ending:not([hidden])');
await take(alice, 'removed');
await alice.click('#ending-back');
await eventually(
  'the preview',
  () => alice.getAttribute('#preview-camera', 'aria-pressed'),
  (pressed) => pressed === 'true',
);
await bob.click('#leave');
server.sfu.setRoomLocked({ roomId: room, locked: true, by: serverActor });
await alice.click('#preview-camera');
await alice.click('#join');
await alice.waitForSelector('#entrance-problem:not([hidden])');
await take(alice, 'refused');
server.sfu.setRoomLocked({ roomId: room, locked: false, by: serverActor });
await alice.evaluate(() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
});
await alice.click('#preview-camera');
await alice.waitForSelector('#device-problems .problem');
await take(alice, 'denied');
await alice.click('#join');
await alice.waitForSelector('#call:not([hidden])');
await carol.click('#screen');
await alice.waitForSelector('.tile.screen.main');
await alice.click('#camera');
await alice.waitForSelector('.toast');
await take(alice, 'screen-and-toast');
await server.stop();
await alice.waitForSelector('#banner:not([hidden])');
await take(alice, 'reconnecting');
if (folder) {
  await browser.closePages();
  await takeModeration();
}
console.log(`pictures are in ${target}`, browser.problems());
