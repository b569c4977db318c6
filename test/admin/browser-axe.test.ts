import { expect, setDefaultTimeout, test } from 'bun:test';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { useBrowser } from '../browser/use-browser.ts';
import { startFixture } from './fixtures.ts';
import { startMesh } from './mesh-fixture.ts';
import { logIn, pagesOf } from './pages.ts';

// Axe looks at every element, which takes its time where other tests take the processor.
setDefaultTimeout(400_000);

const source = await Bun.file(createRequire(import.meta.url).resolve('axe-core/axe.min.js')).text();
type Axe = { run(options: RunOptions): Promise<AxeResults> };

const held = useBrowser({ fakeDevices: false });

/** What is wrong with a page for those who see, hear or move otherwise, if it is serious. */
async function seriousFindings(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(source);
  const { violations } = await page.evaluate(
    async () => await (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** Looks at the page that is open. Every page is seen wide and narrow, in turn with the themes. */
function checkOn(page: Page, kind: string, themes: readonly ('light' | 'dark')[]) {
  return async (name: string, index: number) => {
    for (const [turn, theme] of themes.entries()) {
      const narrow = (index + turn) % 2 === 1;
      await page.setViewportSize(narrow ? { width: 360, height: 740 } : { width: 1280, height: 800 });
      expect([kind, name, theme, await seriousFindings(page, theme)]).toEqual([kind, name, theme, []]);
    }
  };
}

test.each([
  { kind: 'empty', themes: ['light'] },
  { kind: 'busy', themes: ['light', 'dark'] },
  { kind: 'degraded', themes: ['dark'] },
] as const)('axe finds nothing serious on any page of a node that is $kind', async ({ kind, themes }) => {
  await using fixture = await startFixture(kind);
  const page = await held.browser.context.newPage();
  const check = checkOn(page, kind, themes);
  await page.goto(`${fixture.base}/login`);
  await check('login', 0);
  await logIn(page, fixture);
  for (const [index, [name, path]] of Object.entries(pagesOf(fixture.snapshot)).entries()) {
    await page.goto(fixture.base + path);
    await check(name, index);
  }
  // The dialog over a page, and what is shown while somebody is ticked.
  if (kind === 'busy') {
    await page.goto(fixture.base + pagesOf(fixture.snapshot).room);
    await page.locator('.peer input').first().check();
    await check('ticked', 1);
    await page.locator('.bulk button').last().click();
    await page.waitForSelector('dialog[open]');
    await check('dialog', 0);
  }
  await page.close();
});

test('axe finds nothing serious on the pages of a node among others', async () => {
  await using mesh = await startMesh();
  const { server, pages } = mesh;
  const page = await held.browser.context.newPage();
  const check = checkOn(page, 'mesh', ['light', 'dark']);
  await logIn(page, server);
  for (const [index, [name, path]] of Object.entries(pages).entries()) {
    await page.goto(`http://127.0.0.1:${server.port}/admin${path}`);
    await check(name, index);
  }
  await page.close();
});
