import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBrowser } from '../browser/use-browser.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { eventually } from '../support/until.ts';
import { enter } from '../support/world.ts';
import { startFixture } from './fixtures.ts';
import { becomesLive, choose, logIn, openPage } from './pages.ts';
import { startWithUsers } from './support.ts';

setDefaultTimeout(180_000);

const held = useBrowser({ fakeDevices: false });

test('on a phone one person is put out for good with a search and four taps', async () => {
  await using server = await startWithUsers(withKeys);
  await using _ = held.browser.closingPages();
  const join = async (roomId: string, peerId: string) =>
    await enter({ server, roomId, peerId, token: await tokenFor(roomId, peerId) });
  for (const roomId of ['atrium', 'cellar', 'kitchen']) await join(roomId, `host of ${roomId}`);
  const mallory = await join('cellar', 'mallory');
  const page = await openPage(held.browser, { server, path: '', role: 'moderator' });
  await page.setViewportSize({ width: 390, height: 844 });
  let taps = 0;
  const tap = async (selector: string) => {
    await page.click(selector);
    taps += 1;
  };
  await tap('nav a:has-text("Rooms")');
  await becomesLive(page);
  await page.fill('#search', 'mallo');
  await tap('.found a:text-is("mallory")');
  await becomesLive(page);
  await tap('a:text-is("Remove and ban…")');
  await page.waitForSelector('dialog[open]');
  await tap('dialog button[type=submit]');
  await page.waitForSelector(
    '.toast:has-text("mallory was removed and is banned from the room cellar for good.")',
  );
  expect(taps).toBe(4);
  expect((await mallory.client.closed).reason).toBe('removed: you were banned');
  expect(new URL(page.url()).search).toBe('?room=cellar');
  expect(await page.locator('.peer:not(.gone) h3').allInnerTexts()).toEqual(['host of cellar']);
  const token = await tokenFor('cellar', 'mallory', { now: Date.now() + 5000 });
  const again = await SignalingClient.connect({ server, roomId: 'cellar', peerId: 'mallory', token });
  expect((await again.closed).reason).toMatch(/^banned: /);
});

test('what can be done with several appears when somebody is ticked, and several are banned from the page', async () => {
  await using server = await startWithUsers(withKeys);
  await using _ = held.browser.closingPages();
  const join = async (peerId: string) =>
    await enter({ server, peerId, token: await tokenFor('room', peerId) });
  const [, bea, cleo] = [await join('ada'), await join('bea'), await join('cleo')];
  const page = await openPage(held.browser, { server, path: '/room?room=room', role: 'moderator' });
  expect(await page.locator('.bulk').isVisible()).toBe(false);
  for (const name of ['bea', 'cleo']) await page.getByLabel(`Select ${name}`).check();
  await page.click('.bulk button:text-is("Remove and ban…")');
  await page.waitForSelector('dialog[open] :text("2 peers: bea, cleo")');
  await page.fill('dialog [name=reason]', 'a pair');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('.toast:has-text("2 peers removed and banned from the room room for good.")');
  await eventually(
    'one peer left on the page',
    () => page.locator('.peer:not(.gone) h3').allInnerTexts(),
    (names) => names.join() === 'ada',
  );
  for (const { client } of [bea, cleo])
    expect((await client.closed).reason).toBe('removed: you were banned: a pair');
  expect(await page.locator('.bulk').isVisible()).toBe(false);
  expect(server.store.audit.search({ text: 'a pair', limit: 5 })).toHaveLength(2);
});

test('after a search the page goes on showing what was searched for, over one stream, whatever happens', async () => {
  await using fixture = await startFixture('busy');
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server: fixture, path: '/rooms', role: 'viewer' });
  const streams = new Set<string>();
  const finished: string[] = [];
  page.on('request', (request) => request.url().includes('/live/') && streams.add(request.url()));
  const count = (request: { url(): string }) => finished.push(request.url());
  page.on('requestfinished', count);
  page.on('requestfailed', count);
  await page.evaluate(() => {
    Object.assign(window, { updates: 0 });
    document.addEventListener('live:update', () => {
      (window as unknown as { updates: number }).updates += 1;
    });
  });
  await page.fill('#search', 'allen');
  await page.waitForSelector('.found a:text-is("Frances Allen")');
  const [room] = fixture.snapshot.rooms.filter(({ peers }) =>
    peers.some(({ displayName }) => /Allen/.test(displayName)),
  );
  if (!room) throw new Error('the fixture has no such room');
  // More than the wait before a stream that was given up wrongly would be opened again.
  for (let round = 0; round < 8; round += 1) {
    const before = await page.evaluate(() => (window as unknown as { updates: number }).updates);
    Object.assign(room, { locked: round % 2 === 0 });
    fixture.events.emit('roomLocked', { roomId: room.id, locked: true, by: { kind: 'admin', id: 'x' } });
    await page.waitForFunction((seen) => (window as unknown as { updates: number }).updates > seen, before);
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect(await page.locator('.row-link').textContent()).toBe(room.id);
  }
  expect([...streams]).toEqual([`${fixture.base}/live/rooms?q=allen&sort=peers`]);
  expect(finished.filter((url) => url.includes('/live/rooms?q=allen'))).toEqual([]);
});

test('of two moderators who remove the same peer at once one is told that it is done, and the other that it was', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  for (const peerId of ['ada', 'bea']) await enter({ server, peerId });
  const first = await openPage(held.browser, { server, path: '/room?room=room', role: 'moderator' });
  const second = await openPage(held.browser, { server, path: '/room?room=room' });
  const both = [first, second];
  for (const page of both) {
    await choose(page.getByRole('article', { name: 'bea' }), 'Remove…');
    await page.waitForSelector('dialog[open]');
  }
  await Promise.all(both.map((page) => page.press('dialog [name=reason]', 'Enter')));
  const told = await Promise.all(both.map((page) => page.locator('.toast').textContent()));
  expect(
    told.filter((text) => text?.startsWith('bea was removed: socket and transports are closed')),
  ).toHaveLength(1);
  expect(told.filter((text) => text?.startsWith('Not done: there is no peer "bea"'))).toHaveLength(1);
  for (const page of both) {
    await eventually(
      'one peer left on the page',
      () => page.locator('.peer:not(.gone) h3').allInnerTexts(),
      (names) => names.join() === 'ada',
    );
  }
  expect(server.store.audit.search({ text: 'peer.remove', limit: 5 })).toHaveLength(1);
});

test('without scripts a browser reads the pages and removes a peer by plain forms', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  for (const peerId of ['ada', 'bea']) await enter({ server, peerId });
  const page = await held.browser.context.newPage();
  await page.route('**/admin.js*', (route) => route.abort());
  await logIn(page, server, 'moderator');
  await page.goto(`http://127.0.0.1:${server.port}/admin/rooms`);
  await page.fill('#search', 'bea');
  await page.click('button:text-is("Search")');
  await page.click('.found a:text-is("bea")');
  await page.click('a:text-is("Remove…")');
  await page.waitForURL(/\/do\/room\/remove\?/);
  await page.fill('[name=reason]', 'by hand');
  await page.click('button:text-is("Remove")');
  await page.waitForURL(/\/room\?room=room$/);
  expect(await page.locator('.toast').textContent()).toStartWith(
    'bea was removed: socket and transports are closed',
  );
  expect(await page.locator('.peer:not(.gone) h3').allInnerTexts()).toEqual(['ada']);
  await page.click('a:text-is("Lock")');
  await page.fill('[name=reason]', 'enough');
  await page.click('button:text-is("Lock")');
  await page.waitForSelector('.page-head .badge:text-is("locked")');
  const told = server.store.audit.search({ limit: 5 }).map(({ action, reason }) => [action, reason]);
  expect(told).toEqual([
    ['room.lock', 'enough'],
    ['peer.remove', 'by hand'],
  ]);
  held.browser.expectProblem(/net::ERR_FAILED/);
});

test('in a list the arrows move, and keys ask to tell, remove or ban the current one', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  for (const peerId of ['ada', 'bea']) await enter({ server, peerId });
  const page = await openPage(held.browser, { server, path: '/room?room=room', role: 'moderator' });
  const current = () => page.locator('.peer.current h3').allInnerTexts();
  await page.keyboard.press('r');
  await page.keyboard.press('ArrowDown');
  expect(await current()).toEqual([]);
  expect(await page.locator('dialog[open]').count()).toBe(0);
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  expect(await current()).toEqual(['bea']);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
  expect(ring).toBe('solid');
  await page.keyboard.press('ArrowUp');
  expect(await current()).toEqual(['ada']);
  for (const [key, title] of [
    ['n', 'Send notice'],
    ['b', 'Remove and ban'],
    ['r', 'Remove'],
  ] as const) {
    await page.keyboard.press(key);
    await page.waitForSelector(`dialog[open] h2:text-is("${title}")`);
    if (key === 'r') break;
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog:not([open])', { state: 'attached' });
  }
  await page.focus('dialog [name=reason]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.toast:has-text("ada was removed")');
  expect([...server.sfu.room('room').peers.keys()]).toEqual(['bea']);
});

test('who wants less motion gets none', async () => {
  await using server = await startWithUsers({});
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server, path: '/rooms', role: 'moderator' });
  await page.evaluate(() => {
    const toast = Object.assign(document.createElement('p'), { className: 'toast', textContent: 'Done.' });
    // Marked as one that is taken away already, so that it stays.
    toast.dataset.timed = '';
    document.getElementById('toasts')?.append(toast);
  });
  const animationOf = async (reducedMotion: 'reduce' | 'no-preference') => {
    await page.emulateMedia({ reducedMotion });
    return await page.locator('.toast').evaluate((toast) => getComputedStyle(toast).animationName);
  };
  expect(await animationOf('no-preference')).toBe('rise');
  expect(await animationOf('reduce')).toBe('none');
});

test('a page says when it is not live, connects again by itself, and then shows what is true', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-live-'));
  try {
    const page = await held.browser.context.newPage();
    let port: number;
    {
      await using first = await startWithUsers({ TUREEN_DATA_DIR: folder });
      port = first.port;
      await enter({ server: first, roomId: 'before', peerId: 'ada' });
      await openPage(held.browser, { server: first, path: '/rooms', role: 'moderator', page });
      await page.waitForSelector('text=before');
    }
    await page.waitForFunction(
      () => document.getElementById('connection')?.textContent === 'Connecting again',
    );
    expect(await page.locator('html.stale').count()).toBe(1);
    await using second = await startWithUsers({ TUREEN_DATA_DIR: folder, PORT: String(port) });
    await using _ = held.browser.closingPages();
    await enter({ server: second, roomId: 'after', peerId: 'ada' });
    await page.waitForSelector('text=after');
    expect(await page.textContent('#connection')).toBe('Live');
    expect(await page.locator('html.stale').count()).toBe(0);
    expect(await page.locator('.row-link').allInnerTexts()).toEqual(['after']);
    expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);

    for (const { id } of second.store.sessions.list()) second.store.sessions.close(id);
    await enter({ server: second, roomId: 'later', peerId: 'bea' });
    await page.waitForURL(/\/admin\/login$/);
    // The browser reports each try that failed.
    held.browser.expectProblem(/net::ERR_|Failed to load resource/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
