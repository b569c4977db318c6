import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { useBrowser } from '../browser/use-browser.ts';
import { startFixture } from './fixtures.ts';
import { choose, openPage, pagesOf } from './pages.ts';
import { startWithUsers } from './support.ts';

setDefaultTimeout(180_000);

const held = useBrowser({ fakeDevices: false });

/** What the middle of an element shows: itself, or what covers it. */
const isUncovered = (page: Page, selector: string) =>
  page.locator(selector).evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return top !== null && (element === top || element.contains(top));
  });

test('an action that fails says so in its dialog, which keeps what was typed', async () => {
  await using server = await startWithUsers();
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server, path: '/people', role: 'admin' });
  await page.click('a:text-is("Add API key…")');
  await page.fill('dialog [name=name]', 'robot');
  server.store.apiKeys.create('robot', 'viewer');
  await page.click('dialog button[type=submit]');
  const failure = page.locator('dialog [role=alert] .toast');
  expect(await failure.textContent()).toBe('Not done: there is a key "robot" already.');
  expect(await page.inputValue('dialog [name=name]')).toBe('robot');
  expect(await page.locator('#toasts .toast').count()).toBe(0);
  // The second try has its own result, and the page has it too.
  await page.fill('dialog [name=name]', 'other robot');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  expect((await page.locator('#api-keys b').allInnerTexts()).toSorted()).toEqual(['other robot', 'robot']);
});

test('a message is over the backdrop of a dialog, and under it everything can be clicked', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, {
    server: fixture,
    path: pagesOf(fixture.snapshot).room ?? '',
    role: 'moderator',
  });
  await page.evaluate(() => {
    const toast = Object.assign(document.createElement('p'), { className: 'toast', textContent: 'Done.' });
    // Marked as one that is taken away already, so that it stays.
    toast.dataset.timed = '';
    document.getElementById('toasts')?.append(toast);
  });
  await choose(page.locator('.peer').first(), 'Remove…');
  await page.waitForSelector('dialog[open]');
  const order = await page.evaluate(() => {
    const toast = document.querySelector('.toast') as HTMLElement;
    // What takes no clicks is not found at a point.
    toast.style.pointerEvents = 'auto';
    const { x, y } = toast.getBoundingClientRect();
    const found = document.elementsFromPoint(x + 3, y + 3);
    toast.style.pointerEvents = '';
    return { inTopLayer: document.getElementById('toasts')?.matches(':popover-open'), found: found.length };
  });
  expect(order.inTopLayer).toBe(true);
  await page.keyboard.press('Escape');
  await page.evaluate(() => {
    const box = document.getElementById('toasts') as HTMLElement;
    const button = document.querySelector('.peer .menu > summary')?.getBoundingClientRect();
    box.style.inset = `${button?.top}px auto auto ${button?.left}px`;
  });
  expect(await isUncovered(page, '.peer:first-child .menu > summary')).toBe(true);
});

test('a new key is copied with a button, and its message goes when it is dismissed', async () => {
  await using server = await startWithUsers();
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server, path: '/people', role: 'admin' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('a:text-is("Add API key…")');
  await page.fill('dialog [name=name]', 'robot');
  await page.click('dialog button[type=submit]');
  const secret = (await page.locator('.toast code').textContent()) ?? '';
  expect(secret).toStartWith('tureen_');
  await page.click('.toast button:text-is("Copy")');
  await page.waitForSelector('.toast button:text-is("Copied")');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  await page.click('.toast button:text-is("Dismiss")');
  expect(await page.locator('.toast').count()).toBe(0);
});

test('the bar of the selected says how many there are, and selects everybody or nobody', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, {
    server: fixture,
    path: pagesOf(fixture.snapshot).room ?? '',
    role: 'moderator',
  });
  const count = await page.locator('.peer').count();
  await page.locator('.peer input').first().check();
  expect(await page.textContent('#selected-count')).toBe(`1 of ${count} selected`);
  await page.click('button:text-is("Select all")');
  expect(await page.textContent('#selected-count')).toBe(`${count} of ${count} selected`);
  await page.click('.bulk button:text-is("Remove…")');
  await page.waitForSelector(`dialog[open] :text("${count} peers: ")`);
  await page.keyboard.press('Escape');
  await page.click('button:text-is("Clear")');
  expect(await page.locator('.bulk').isVisible()).toBe(false);
});

test('the menu of a person opens by keys, gives the focus back after its dialog, and closes by itself', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, {
    server: fixture,
    path: pagesOf(fixture.snapshot).room ?? '',
    role: 'moderator',
  });
  const open = page.locator('details.menu[open]');
  await page.locator('.peer .menu > summary').first().focus();
  await page.keyboard.press('Enter');
  expect(await open.count()).toBe(1);
  await page.keyboard.press('Escape');
  expect(await open.count()).toBe(0);
  await choose(page.locator('.peer').first(), 'Remove and ban…');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.matches('.menu > summary'));
  await page.locator('.peer .menu > summary').nth(1).click();
  await page.click('h1');
  expect(await open.count()).toBe(0);
});

test('a screen of a desk shows more than eight people of a room, and a phone does not zoom into a field', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const [room] = fixture.snapshot.rooms.toSorted((a, b) => b.peers.length - a.peers.length);
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room?.id ?? '' })}`,
    role: 'moderator',
  });
  const bottoms = await page
    .locator('.peer')
    .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().bottom));
  expect(bottoms.filter((bottom) => bottom <= 800).length).toBeGreaterThan(8);
  await page.setViewportSize({ width: 360, height: 740 });
  await choose(page.locator('.peer').first(), 'Remove and ban…');
  await page.waitForSelector('dialog[open]');
  const sizes = await page
    .locator('input:not([type=checkbox], [type=hidden]), select, textarea')
    .evaluateAll((all) => all.map((each) => Number.parseFloat(getComputedStyle(each).fontSize)));
  expect(sizes.length).toBeGreaterThan(2);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
});

test('a dialog that has closed stays closed when an update comes before the browser has reported it', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server: fixture, path: '/people', role: 'admin' });
  await page.click('a:text-is("Add API key…")');
  await page.waitForSelector('dialog[open]');
  const closed = await page.evaluate(async () => {
    const dialog = document.querySelector('dialog');
    const stream = document.querySelector('[data-live]');
    const { htmx } = window as unknown as { htmx: { swap(options: object): Promise<void> } };
    const reported = new Promise((resolve) => dialog?.addEventListener('close', resolve, { once: true }));
    let isReported = false;
    void reported.then(() => {
      isReported = true;
    });
    document.dispatchEvent(new Event('admin-done'));
    await htmx.swap({ sourceElement: stream, target: stream, swap: 'none', text: '' });
    const early = !isReported;
    await reported;
    return { early, open: dialog?.open, children: dialog?.childElementCount };
  });
  expect(closed).toEqual({ early: true, open: false, children: 0 });
});
