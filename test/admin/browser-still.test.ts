import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Locator, Page } from 'playwright-core';
import type { RoomSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import { useBrowser } from '../browser/use-browser.ts';
import { eventually } from '../support/until.ts';
import { startFixture } from './fixtures.ts';
import { openPage } from './pages.ts';

setDefaultTimeout(180_000);

const held = useBrowser({ fakeDevices: false });

type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** The room of the fixture with the most people. */
function fullRoom({ snapshot }: Fixture): RoomSnapshot & { peers: RoomSnapshot['peers'][number][] } {
  const [room] = snapshot.rooms.toSorted((a, b) => b.peers.length - a.peers.length);
  if (!room) throw new Error('the fixture has no rooms');
  return room as ReturnType<typeof fullRoom>;
}

/** Tells the pages of a change, and waits until this page shows a later state of the timeline. */
async function changed(page: Page, { events }: Fixture, roomId: string): Promise<void> {
  const message = crypto.randomUUID();
  await page.evaluate(() => {
    Object.assign(window, { updated: false });
    document.addEventListener('live:update', () => Object.assign(window, { updated: true }), {
      once: true,
    });
  });
  events.emit('roomNotice', { roomId, message, by: { kind: 'admin', id: 'x' } });
  await page.waitForFunction(() => (window as unknown as { updated: boolean }).updated);
}

async function pointAt(page: Page, locator: Locator): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await locator.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const point = { x: x + width / 2, y: y + height / 2 };
  await page.mouse.move(point.x, point.y);
  return point;
}

const labelUnder = (page: Page, point: { x: number; y: number }) =>
  page.evaluate(
    ({ x, y }) => document.elementFromPoint(x, y)?.closest('a, button, summary')?.getAttribute('aria-label'),
    point,
  );
const names = (page: Page) => page.locator('.peer .row-link').allInnerTexts();
const stubs = (page: Page) => page.locator('.gone .row-link').allInnerTexts();
/** To where nothing is in a list. */
const pointAway = (page: Page) => page.mouse.move(4, 4);

test('while the pointer is on a button of one person, no button of another comes under it, whoever leaves', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const room = fullRoom(fixture);
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room.id })}`,
    role: 'moderator',
  });
  const before = await names(page);
  const [, , third] = before;
  const mute = page.getByRole('link', { name: `Mute: video of ${third}` });
  const point = await pointAt(page, mute);
  for (let gone = 1; gone <= 2; gone += 1) {
    room.peers.shift();
    if (gone === 1) room.peers.reverse();
    await changed(page, fixture, room.id);
    expect(await labelUnder(page, point)).toBe(`Mute: video of ${third}`);
    expect(await names(page)).toEqual(before);
  }
  const left = await stubs(page);
  expect(left).toHaveLength(2);
  expect(await page.locator('.gone .badge:text-is("left")').count()).toBe(2);
  expect(await page.textContent('#held')).toBe('List held: 2 left, another order. Update');

  // The person pointed at leaves too: the click does nothing.
  const at = room.peers.findIndex(({ displayName }) => displayName === third);
  room.peers.splice(at, 1);
  await changed(page, fixture, room.id);
  await page.mouse.click(point.x, point.y);
  expect(await page.locator('.toast').count()).toBe(0);
  expect(fixture.store.audit.search({ text: 'producer.mute', limit: 1 })).toEqual([]);

  await pointAway(page);
  await eventually(
    'the people as they are',
    () => names(page),
    (found) => found.join() === room.peers.map(({ displayName }) => displayName).join(),
  );
  expect(await page.locator('#held').isVisible()).toBe(false);
});

test('who comes while the pointer is in the list is shown after the others, and in the right place afterwards', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const room = fullRoom(fixture);
  const [first] = room.peers.splice(0, 1);
  if (!first) throw new Error('the room is empty');
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room.id })}`,
    role: 'moderator',
  });
  const before = await names(page);
  await pointAt(page, page.locator('.peer').nth(1));
  room.peers.unshift(first);
  await changed(page, fixture, room.id);
  expect(await names(page)).toEqual([...before, first.displayName]);
  // What the page says of it leads to the state as it is.
  await page.click('#held');
  expect(await names(page)).toEqual([first.displayName, ...before]);
});

test('while the keyboard is in the list nobody under it is replaced, and what has the focus keeps it', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const room = fullRoom(fixture);
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room.id })}`,
    role: 'moderator',
  });
  const before = await names(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  room.peers.splice(0, 3);
  await changed(page, fixture, room.id);
  expect(await names(page)).toEqual(before);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(before[1] ?? '');
  await page.keyboard.press('j');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(before[2] ?? '');
  // The key asks about nobody who has left.
  await page.keyboard.press('r');
  await page.focus('#search');
  await eventually(
    'those who are left',
    () => names(page),
    (found) => found.join() === before.slice(3).join(),
  );
  expect(await page.locator('dialog[open]').count()).toBe(0);
});

test('a list that a finger is in keeps its order until another place is touched', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const room = fullRoom(fixture);
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room.id })}`,
    role: 'moderator',
  });
  const touch = (selector: string) =>
    page.locator(selector).first().dispatchEvent('pointerdown', { pointerType: 'touch', bubbles: true });
  const before = await names(page);
  await touch('.peer .row-link');
  room.peers.reverse();
  await changed(page, fixture, room.id);
  expect(await names(page)).toEqual(before);
  await touch('h1');
  await eventually(
    'the order as it is',
    () => names(page),
    (found) => found.join() === before.toReversed().join(),
  );
});

test('rooms keep their places under the pointer, also when the last one ends', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const rooms = fixture.snapshot.rooms as RoomSnapshot[];
  const page = await openPage(held.browser, { server: fixture, path: '/rooms', role: 'viewer' });
  const shown = () => page.locator('.row-link').allInnerTexts();
  const before = await shown();
  await pointAt(page, page.locator('.row-link').nth(2));
  const [emptied, ended] = [before[0], before[1]];
  const peers = rooms.find(({ id }) => id === emptied)?.peers as unknown[];
  peers.length = 0;
  rooms.splice(
    rooms.findIndex(({ id }) => id === ended),
    1,
  );
  await changed(page, fixture, before[2] ?? '');
  expect(await shown()).toEqual(before);
  expect(await page.locator('.gone .row-link').allInnerTexts()).toEqual([ended ?? '']);
  expect(await page.locator('.gone .badge:text-is("ended")').count()).toBe(1);
  rooms.length = 0;
  await changed(page, fixture, 'x');
  expect(await shown()).toEqual(before);
  expect(await page.locator('.gone').count()).toBe(before.length);
  await pointAway(page);
  await page.waitForFunction(() => document.querySelectorAll('.row-link').length === 0);
  expect(await page.locator('.empty-title').textContent()).toBe('No rooms');
});

test('what appears above does not push away what the pointer is on', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server: fixture, path: '', role: 'admin' });
  const link = page.locator('#workers a').nth(1);
  const point = await pointAt(page, link);
  const under = () =>
    page.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.closest('a')?.textContent, point);
  const before = await under();
  expect(before).toBeTruthy();
  const alerts = await page.locator('.alert').count();
  const state = (unreadyReasons: string[]) => Object.assign(fixture.snapshot, { unreadyReasons });
  state(['workers died', 'the disk is full', 'the clock is wrong']);
  await changed(page, fixture, 'x');
  expect(await page.locator('.alert').count()).toBe(alerts + 3);
  expect(await under()).toBe(before);
  state([]);
  await changed(page, fixture, 'x');
  expect(await page.locator('.alert').count()).toBe(alerts);
  expect(await under()).toBe(before);
});

test('a search replaces the list even under the pointer: it was asked for', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const room = fullRoom(fixture);
  const page = await openPage(held.browser, {
    server: fixture,
    path: `/room?${new URLSearchParams({ room: room.id })}`,
    role: 'moderator',
  });
  await page.focus('#search');
  await pointAt(page, page.locator('.peer').nth(1));
  await page.keyboard.type('hopper');
  await eventually(
    'the one who was searched for',
    () => names(page),
    (found) => found.join() === 'Grace Hopper',
  );
});
