import { describe, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { enter as enterRaw } from '../support/world.ts';
import { useBrowser } from './use-browser.ts';

const held = useBrowser();
const server = await useServer();

const sizes = {
  phone: { width: 360, height: 640 },
  across: { width: 844, height: 390 },
  desk: { width: 1280, height: 800 },
  low: { width: 800, height: 600 },
};

/** People without a browser. */
async function crowd(room: string, count: number) {
  const members = [];
  for (let index = 1; index <= count; index += 1)
    members.push(await enterRaw({ server, roomId: room, peerId: `Person ${index}` }));
  return members.map(({ client }) => client);
}

async function inWindow(page: Page, selector: string): Promise<boolean> {
  const box = await page.locator(selector).boundingBox();
  const size = page.viewportSize();
  return !!box && !!size && box.y >= 0 && box.y + box.height <= size.height;
}

const shown = (page: Page) => page.locator('.tile:visible').count();

/** Settled: nothing moves any more. What is removed while it moves has ended too: its promise rejects. */
const still = (page: Page) =>
  page.evaluate(
    async () => void (await Promise.allSettled(document.getAnimations().map(({ finished }) => finished))),
  );

describe('nobody vanishes', () => {
  test('with a shared screen: oneself and a raised hand are in view, a number opens the list of the others', async () => {
    const people = await crowd('share', 13);
    const page = await held.browser.open(server, { room: 'share', name: 'Alice' });
    await eventually(
      'everyone',
      () => shown(page),
      (count) => count === 14,
    );
    await page.click('#screen');
    await page.waitForSelector('.tile.screen.main');
    await people.at(-1)?.request('raiseHand', {});
    await page.waitForSelector('.tile:visible:has-text("Person 13") .tile-hand:not([hidden])');
    expect(await page.isVisible('.tile.own:not(.screen)')).toBe(true);
    const rest = 14 - ((await shown(page)) - 1);
    expect(rest).toBeGreaterThan(0);
    await page.click(`.more >> text=+${rest}`);
    await page.waitForSelector('#people:not([hidden])');
    expect(await page.locator('#people-list .person').count()).toBe(14);
    await page.click('#people-close');
    // Everyone at once, and back.
    await page.keyboard.press('l');
    await eventually(
      'everyone and the screen',
      () => shown(page),
      (count) => count === 15,
    );
    await page.keyboard.press('l');
    await page.waitForSelector('.tile.screen.main');
  });

  test('among 29 on a phone oneself is in view, and a dozen at least', async () => {
    await crowd('crowd', 28);
    const page = await held.browser.open(server, { room: 'crowd', name: 'Alice' });
    for (const size of [sizes.phone, sizes.across]) {
      await page.setViewportSize(size);
      const visible = await eventually(
        'the places',
        async () => {
          await still(page);
          return page.evaluate(() => {
            const area = document.getElementById('stage')?.getBoundingClientRect();
            const boxes = [...document.querySelectorAll('.tile')].map((tile) => ({
              own: tile.classList.contains('own'),
              bottom: tile.getBoundingClientRect().bottom,
            }));
            return boxes.filter(({ bottom }) => bottom <= (area?.bottom ?? 0) + 1);
          });
        },
        (boxes) => boxes.length >= 12,
      );
      expect(visible.some(({ own }) => own)).toBe(true);
    }
    await page.setViewportSize(sizes.desk);
    await page.click('#people-toggle');
    await page.fill('#people-search', 'person 27');
    await eventually(
      'one person found',
      () => page.locator('.person:visible').count(),
      (count) => count === 1,
    );
  });

  test('who leaves below the pointer stays in the list, marked, until the pointer goes or the person is back', async () => {
    const [first, second] = await crowd('gone', 2);
    const page = await held.browser.open(server, { room: 'gone', name: 'Alice' });
    await page.click('#people-toggle');
    await page.hover('[data-person="Person 1"]');
    await Promise.all([first?.close(), second?.close()]);
    for (const name of ['Person 1', 'Person 2'])
      await page.waitForSelector(`.person.gone[data-person="${name}"] >> text=has left`);
    await enterRaw({ server, roomId: 'gone', peerId: 'Person 1' });
    await page.waitForSelector('.person:not(.gone)[data-person="Person 1"] button:not([disabled])');
    await page.hover('#call-title');
    await page.waitForSelector('[data-person="Person 2"]', { state: 'detached' });
  });

  test('a pin is seen, set and taken off by one button, and the layout is remembered', async () => {
    await crowd('pins', 2);
    const page = await held.browser.open(server, { room: 'pins', name: 'Alice' });
    await page.click('.tile:has-text("Person 1") .tile-pin');
    await page.waitForSelector('.tile.pinned.main:has-text("Person 1") .tile-pin[aria-pressed=true]');
    await page.click('.tile:has-text("Person 1") .tile-pin');
    await page.waitForSelector('#stage[data-layout=grid]');
    await page.keyboard.press('l');
    await page.waitForSelector('#stage[data-layout=speaker]');
    await page.reload();
    await page.click('#join');
    await page.waitForSelector('#stage[data-layout=speaker]');
    await page.keyboard.press('l');
    await page.waitForSelector('#stage[data-layout=grid]');
  });
});

describe('the window', () => {
  test('has the button to join in it on a phone, held either way', async () => {
    const page = await held.browser.open(server);
    await page.waitForSelector('#preview-camera[aria-pressed=true]');
    for (const size of [sizes.phone, sizes.across]) {
      await page.setViewportSize(size);
      expect(await inWindow(page, '#join')).toBe(true);
    }
  });

  test('has the reason in it when one is not let in', async () => {
    const page = await held.browser.open(server, { room: 'locked' });
    const [client] = await crowd('locked', 1);
    server.sfu.setRoomLocked({ roomId: 'locked', locked: true, by: { kind: 'server', id: '' } });
    for (const size of [sizes.low, sizes.phone]) {
      await page.setViewportSize(size);
      await page.fill('#name', 'Alice');
      await page.click('#join');
      await page.waitForSelector('#entrance-problem >> text=The room is locked');
      await page.waitForSelector('#join:not([disabled])');
      expect(await inWindow(page, '#entrance-problem')).toBe(true);
    }
    await client?.close();
  });

  test('shows news beside the pictures, never on them', async () => {
    const [person] = await crowd('news', 5);
    const page = await held.browser.open(server, { room: 'news', name: 'Alice' });
    for (const size of [sizes.desk, sizes.across, sizes.phone]) {
      await page.setViewportSize(size);
      await person?.request('raiseHand', {});
      await page.waitForSelector('.toast:has-text("raised a hand")');
      await still(page);
      const overlaps = await page.evaluate(() => {
        const toast = document.querySelector('.toast')?.getBoundingClientRect();
        const area = document.getElementById('stage')?.getBoundingClientRect();
        return !toast || !area || toast.top < area.bottom;
      });
      expect(overlaps).toBe(false);
      await person?.request('lowerHand', {});
      await page.waitForSelector('.toast', { state: 'detached' });
    }
  });

  test('shows no level without a microphone, and remembers what was off when it is loaded again', async () => {
    const page = await held.browser.open(server, { room: 'off' });
    await page.waitForSelector('#preview-camera[aria-pressed=true]');
    await page.click('#preview-microphone');
    await page.click('#preview-camera');
    await page.waitForSelector('#preview-meter', { state: 'hidden' });
    await page.fill('#name', 'Alice');
    await page.click('#join');
    await page.waitForSelector('#call:not([hidden])');
    await page.reload();
    await page.waitForSelector('#preview-camera[aria-pressed=false]');
    expect(await page.getAttribute('#preview-microphone', 'aria-pressed')).toBe('false');
    expect(await page.isVisible('#preview-meter')).toBe(false);
    // The next test begins as a new visitor.
    await page.click('#preview-microphone');
    await page.click('#preview-camera');
    await page.waitForSelector('#preview-camera[aria-pressed=true]');
  });
});
