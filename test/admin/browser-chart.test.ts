import { expect, setDefaultTimeout, test } from 'bun:test';
import { useBrowser } from '../browser/use-browser.ts';
import { startFixture } from './fixtures.ts';
import { openPage } from './pages.ts';

setDefaultTimeout(180_000);

const held = useBrowser({ fakeDevices: false });

test('a chart shows the value under the pointer, with its age, and goes on doing so after an update', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server: fixture, path: '', role: 'viewer' });
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

test('a tile of the overview is a link wherever it is clicked, on its chart too', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server: fixture, path: '', role: 'viewer' });
  const tiles = await page.locator('.figure:has(dt a)').evaluateAll((all) =>
    all.map((tile) => {
      tile.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = tile.getBoundingClientRect();
      const spots = [0.1, 0.5, 0.9].flatMap((right) =>
        [0.1, 0.3, 0.5, 0.7, 0.9].map((down) => [right, down]),
      );
      const missed = spots.filter(([right = 0, down = 0]) => {
        const found = document.elementFromPoint(x + right * width, y + down * height);
        return found?.closest('a') !== tile.querySelector('dt a');
      });
      return { name: tile.querySelector('dt')?.textContent, missed };
    }),
  );
  expect(tiles.length).toBeGreaterThan(6);
  expect(tiles.filter(({ missed }) => missed.length > 0)).toEqual([]);
});
