import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Browser } from '../browser/support.ts';
import { kinds } from './fixture-names.ts';
import { startFixture } from './fixtures.ts';
import { startMesh } from './mesh-fixture.ts';
import { becomesLive, logIn, pagesOf, sizes, themes } from './pages.ts';

setDefaultTimeout(400_000);

/** The pictures stay after the test, to be looked at. */
const folder = process.env.TUREEN_TEST_PICTURES ?? join(import.meta.dir, '../../dist/pictures');

interface Shown {
  /** In the names of the pictures. */
  readonly kind: string;
  readonly server: Parameters<typeof logIn>[1];
  readonly pages: Readonly<Record<string, string>>;
}

/** Makes the pictures of every page of a dashboard. @returns how many */
async function takePictures(browser: Browser, { kind, server, pages }: Shown): Promise<number> {
  const base = `http://127.0.0.1:${server.port}/admin`;
  const page = await browser.context.newPage();
  await page.goto(`${base}/login`);
  let count = 0;
  const take = async (name: string) => {
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([kind, name, size, width]).toEqual([kind, name, size, viewport.width]);
      for (const colorScheme of themes) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.screenshot({ path: join(folder, `admin-${kind}-${name}-${size}-${colorScheme}.png`) });
        count += 1;
      }
    }
    expect([kind, name, browser.problems()]).toEqual([kind, name, []]);
  };
  await take('login');
  await logIn(page, server);
  for (const [name, path] of Object.entries(pages)) {
    await page.setViewportSize(sizes.phone);
    await page.goto(base + path);
    if (await page.$('[data-live]')) await becomesLive(page);
    expect([kind, name, await page.locator('h1').count()]).toEqual([kind, name, 1]);
    expect([kind, name, await page.locator('.failure').count()]).toEqual([kind, name, 0]);
    await take(name);
  }
  await page.close();
  return count;
}

test('every page is drawn in both themes on a phone and on a desk, without an error and no wider than the screen', async () => {
  await mkdir(folder, { recursive: true });
  await using browser = await Browser.launch({ fakeDevices: false });
  const startedAt = performance.now();
  let count = 0;
  for (const kind of kinds) {
    await using fixture = await startFixture(kind);
    count += await takePictures(browser, { kind, server: fixture, pages: pagesOf(fixture.snapshot) });
    expect(fixture.errors).toEqual([]);
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`${count} pictures in ${seconds} s, in ${folder}`);
  expect(count).toBeGreaterThan(200);
});

test('the pages of a node among others are drawn like those of one that is alone', async () => {
  await mkdir(folder, { recursive: true });
  await using browser = await Browser.launch({ fakeDevices: false });
  await using mesh = await startMesh();
  const { server, pages } = mesh;
  const count = await takePictures(browser, { kind: 'mesh', server, pages });
  expect(count).toBe((Object.keys(pages).length + 1) * 4);
});

test('on a wall screen people stand side by side, and nothing is cut off', async () => {
  await using browser = await Browser.launch({ fakeDevices: false });
  await using fixture = await startFixture('busy');
  const page = await browser.context.newPage();
  await page.setViewportSize({ width: 3840, height: 2160 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await logIn(page, fixture);
  for (const name of ['overview', 'rooms', 'room'] as const) {
    await page.goto(fixture.base + pagesOf(fixture.snapshot)[name]);
    await becomesLive(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(3840);
    await page.screenshot({ path: join(folder, `admin-busy-${name}-wall-dark.png`) });
  }
  const tops = await page
    .locator('.peer')
    .evaluateAll((all) => all.slice(0, 2).map((each) => each.getBoundingClientRect().top));
  expect(tops[0]).toBe(tops[1] as number);
  expect(browser.problems()).toEqual([]);
});
