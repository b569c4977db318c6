/**
 * Takes the pictures of the dashboard: `bun test/admin/pictures.ts [folder]`. Without a folder, those of the documents go to
 * docs/pictures; with one, the same pages in both themes and at two widths go there, to be looked at. All other pages are
 * drawn by browser-pictures.test.ts.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { paintCamera } from '../browser/painted-camera.ts';
import { Browser } from '../browser/support.ts';
import { startFixture } from './fixtures.ts';
import { startMesh } from './mesh-fixture.ts';
import { choose, openPage, pagesOf, sizes, themes } from './pages.ts';
import { startWithUsers } from './support.ts';

const folder = process.argv[2];
const target = folder ?? join(import.meta.dir, '..', '..', 'docs', 'pictures');
/** What the documents show. */
const chosen = new Set([
  'admin-busy-overview-desk-light',
  'admin-busy-room-desk-light',
  'admin-busy-room-phone-dark',
  'admin-busy-rooms-desk-dark',
  'admin-watch-desk-light',
  'admin-mesh-nodes-desk-light',
]);

await mkdir(target, { recursive: true });
await using browser = await Browser.launch();
await browser.context.addInitScript(paintCamera);

async function take(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of themes) {
      const file = `admin-${name}-${size}-${colorScheme}`;
      if (!folder && !chosen.has(file)) continue;
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await page.screenshot({ path: join(target, `${file}.png`) });
    }
  }
}

async function takeFixture(): Promise<void> {
  await using fixture = await startFixture('busy');
  await using _ = browser.closingPages();
  for (const name of ['overview', 'rooms', 'room', 'peer', 'moved', 'history', 'stay']) {
    const path = pagesOf(fixture.snapshot)[name] ?? '';
    const page = await openPage(browser, { server: fixture, path, role: 'admin' });
    await take(page, `busy-${name}`);
    if (name !== 'peer') continue;
    await page.getByRole('link', { name: 'Capture' }).click();
    await page.locator('dialog[open] select').waitFor();
    await take(page, 'busy-capture-dialog');
  }
}

/** The pages of a node among others, two of which cannot reach the third one by media. */
async function takeMesh(): Promise<void> {
  await using mesh = await startMesh();
  await using _ = browser.closingPages();
  const { server, pages } = mesh;
  for (const name of ['nodes', 'room', 'peer', 'history', 'stay'])
    await take(await openPage(browser, { server, path: pages[name] ?? '', role: 'admin' }), `mesh-${name}`);
}

/** A moderator who watches somebody of a real call. */
async function takeWatch(): Promise<void> {
  await using server = await startWithUsers({});
  await using _ = browser.closingPages();
  for (const [look, name] of ['Alice Adams', 'Bob Baker'].entries())
    await browser.open(server, { room: 'standup', name, query: `&look=${look}` });
  const page = await openPage(browser, { server, path: '/room?room=standup', role: 'moderator' });
  await choose(page.getByRole('article', { name: 'Alice Adams' }), 'Watch');
  await page.waitForFunction(
    () => (document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 20,
  );
  await take(page, 'watch');
}

await takeFixture();
await takeMesh();
await takeWatch();
console.log(`pictures are in ${target}`, browser.problems());
