import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { useBrowser } from '../browser/use-browser.ts';
import { eventually } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { choose, openPage } from './pages.ts';
import { startWithUsers } from './support.ts';

setDefaultTimeout(180_000);

/** As many streams as a browser may hold: it opens six connections to a host in all windows together. */
const slots = 4;

const held = useBrowser({ fakeDevices: false });

const shows = (pages: Page[], name: string) =>
  Promise.all(pages.map((page) => page.waitForSelector(`.peer h3:has-text("${name}")`)));

/** Headless pages are always visible, so the page is told what a browser tells it when its tab is left or returned to. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    Object.defineProperty(document, 'visibilityState', {
      value: value ? 'hidden' : 'visible',
      configurable: true,
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Counts the streams of all pages of the browser that are open. */
function countStreams(): () => number {
  const streams = new Set<unknown>();
  const isStream = (request: { url(): string }) => request.url().includes('/live/');
  held.browser.context.on('request', (request) => isStream(request) && streams.add(request));
  held.browser.context.on('requestfinished', (request) => streams.delete(request));
  held.browser.context.on('requestfailed', (request) => streams.delete(request));
  return () => streams.size;
}

test('eight visible windows load, stay live, and leave connections for whatever else is opened', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  const { client } = await enter({ server, peerId: 'ada' });
  const streams = countStreams();
  const pages: Page[] = [];
  for (let count = 0; count < 8; count += 1)
    pages.push(
      await openPage(held.browser, {
        server,
        path: '/room?room=room',
        role: count === 0 ? 'moderator' : undefined,
      }),
    );
  await shows(pages, 'ada');
  for (const displayName of ['Augusta', 'Countess']) {
    await client.request('changeDisplayName', { displayName });
    await shows(pages, displayName);
  }
  expect(streams()).toBe(slots);
  // An action is a request beside all the streams.
  const last = pages.at(-1) as Page;
  await choose(last.locator('.peer').first(), 'Notice…');
  await last.waitForSelector('dialog[open] textarea');
  // A window that is closed leaves its stream to one that had none.
  await pages[0]?.close();
  await eventually('the streams of the other seven', streams, (count) => count === slots);
});

test('a hidden page closes its stream, and shows what it missed when it is seen again', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  const { client } = await enter({ server, peerId: 'ada' });
  const streams = countStreams();
  const page = await openPage(held.browser, { server, path: '/room?room=room', role: 'moderator' });
  await shows([page], 'ada');
  expect(streams()).toBe(1);
  await setHidden(page, true);
  await eventually('no stream', streams, (count) => count === 0);
  const other = await openPage(held.browser, { server, path: '/room?room=room' });
  await client.request('changeDisplayName', { displayName: 'Augusta' });
  // The other page has been told of the change, so the hidden one would have been as well.
  await shows([other], 'Augusta');
  expect(await page.locator('.peer h3').allInnerTexts()).toEqual(['ada']);
  await setHidden(page, false);
  await shows([page], 'Augusta');
  expect(streams()).toBe(2);
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
});
