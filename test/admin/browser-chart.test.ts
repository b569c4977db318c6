import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Browser } from '../browser/support.ts';
import { startFixture } from './fixtures.ts';
import { openPage } from './pages.ts';

setDefaultTimeout(180_000);

let browser: Browser;
beforeAll(async () => {
  browser = await Browser.launch({ fakeDevices: false });
});
afterEach(() => expect(browser.problems()).toEqual([]));
afterAll(() => browser[Symbol.asyncDispose]());

test('a chart shows the value under the pointer, with its age, and goes on doing so after an update', async () => {
  await using fixture = await startFixture('busy');
  await using _ = browser.closingPages();
  const page = await openPage(browser, { server: fixture, path: '', role: 'viewer' });
  const chart = page.locator('.figure:has-text("Received") .chart');
  const values = ((await chart.getAttribute('data-values')) ?? '').split(',');
  const { x, y, width, height } = (await chart.locator('svg').boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  await page.mouse.move(x + 1, y + height / 2);
  expect(await chart.locator('.at').textContent()).toBe(`${values[0]} Mbit/s, 4 min 55 s ago`);
  await page.mouse.move(x + width - 1, y + height / 2);
  const now = `${values.at(-1)} Mbit/s, now`;
  expect(await chart.locator('.at').textContent()).toBe(now);
  Object.assign(fixture.snapshot, { unreadyReasons: ['the disk is full'] });
  fixture.events.emit('drainCancelled', { by: { kind: 'admin', id: 'x' } });
  await page.waitForSelector('.alert:has-text("the disk is full")');
  expect(await chart.locator('.at').textContent()).toBe(now);
  // The pointer still rests on the chart, which lies under the link of its tile.
  await page.mouse.click(x + width - 1, y + height / 2);
  await page.waitForURL(/\/rooms\?sort=bitrate$/);
  await page.waitForSelector('th[aria-sort]:has-text("Bitrate")');
});
