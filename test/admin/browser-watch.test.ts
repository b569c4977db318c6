import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { useBrowser } from '../browser/use-browser.ts';
import { hum } from '../browser/voice.ts';
import { eventually } from '../support/until.ts';
import { choose, openPage } from './pages.ts';
import { startWithUsers } from './support.ts';

setDefaultTimeout(240_000);

const held = useBrowser();

/** Waits until the player shows moving pictures. */
async function plays(page: Page): Promise<void> {
  const frames = () =>
    page.evaluate(() => document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0);
  const first = await eventually('the first pictures', frames, (count) => count > 0);
  await eventually('more pictures', frames, (count) => count > first + 5);
}

const isMuted = (page: Page) => page.evaluate(() => document.querySelector('video')?.muted);
const state = (page: Page) => page.locator('#watch [data-state]');

test('a moderator watches one of a call live, muted at first, is seen by the call, and stops', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  const call = await held.browser.open(server, { room: 'room', name: 'Alice', voice: hum });
  const page = await openPage(held.browser, { server, path: '/room?room=room', role: 'moderator' });
  await choose(page.locator('.peer').first(), 'Watch');
  await page.waitForFunction(() => document.querySelector('[data-state]')?.textContent === 'Watching Alice');
  await plays(page);
  expect(await isMuted(page)).toBe(true);
  await page.click('#watch button:text-is("Sound on")');
  expect(await isMuted(page)).toBe(false);
  expect(await page.getAttribute('#watch [data-sound]', 'aria-pressed')).toBe('true');
  await eventually(
    'the watcher in the call',
    () => call.textContent('body'),
    (text) => !!text?.includes('moderator (moderator, watching)'),
  );
  // The page goes on showing the room while its player plays.
  await page.getByRole('article', { name: 'moderator (moderator, watching)' }).waitFor();
  await plays(page);
  await page.click('#watch button:text-is("Stop")');
  await eventually(
    'the end of the watching',
    () => server.sfu.read.room('room').peers.length,
    (count) => count === 1,
  );
  expect(await page.locator('video').isVisible()).toBe(false);
  const [entry] = server.store.audit.search({ text: 'peer.watch', limit: 5 });
  expect(entry).toMatchObject({ by: { id: 'moderator' }, roomId: 'room', details: { mode: 'told' } });
  expect(entry?.result).toStartWith('done: watched for');
});

test('on the page of a peer it ends when the peer leaves, and when the page is left', async () => {
  await using server = await startWithUsers({ TUREEN_ADMIN_WATCH: 'hidden' });
  await using _ = held.browser.closingPages();
  const call = await held.browser.open(server, { room: 'room', name: 'Alice', voice: hum });
  const [alice] = server.sfu.read.room('room').peers;
  const path = `/peer?${new URLSearchParams({ room: 'room', peer: alice?.id ?? '' })}`;
  const page = await openPage(held.browser, { server, path, role: 'moderator' });
  expect(await page.textContent('#watch')).toContain('Nobody in the room sees that you watch.');
  await page.click('#watch button:text-is("Watch")');
  await plays(page);
  await page.goto(`http://127.0.0.1:${server.port}/admin/rooms`);
  const count = () => server.sfu.rooms.get('room')?.peers.size ?? 0;
  await eventually('the end of the watching', count, (peers) => peers === 1);
  await openPage(held.browser, { server, path, page });
  await page.click('#watch button:text-is("Watch")');
  await plays(page);
  expect(await call.textContent('body')).not.toContain('watching');
  await call.close();
  await state(page).getByText('What you watched has ended.').waitFor();
  expect(server.store.audit.search({ text: 'peer.watch', limit: 5 })).toHaveLength(2);
});
