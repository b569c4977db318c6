import { expect, setDefaultTimeout, test } from 'bun:test';
import { startServer } from '../support/server.ts';
import { Browser, enter } from './support.ts';

setDefaultTimeout(120_000);

test('who forbids the devices is told where to allow them, and can join without', async () => {
  await using browser = await Browser.launch({ realPermissions: true });
  await using server = await startServer();
  for (const name of ['camera', 'microphone'] as const) await browser.forbid(server, name);
  const page = await browser.open(server, { room: 'denied' });
  const told = '#device-problems >> text=This page may not use your';
  await page.waitForSelector(
    `${told} camera; allow it beside the address, or in the settings of your system.`,
  );
  await page.waitForSelector(`${told} microphone`);
  await page.waitForSelector('#device-problems >> text=You can join without, and turn it on later.');
  await enter(page, 'Alice');
  await page.click('#camera');
  await page.waitForSelector('#toasts >> text=This page may not use your camera');
  await page.waitForSelector('.tile.own .tile-mute:not([hidden])');
  expect(await page.getAttribute('#camera', 'aria-pressed')).toBe('false');
  expect(browser.problems()).toEqual([]);
  await browser.closePages();
});

test('who has no camera and no microphone is told so, and can listen and write', async () => {
  await using browser = await Browser.launch({ fakeDevices: false });
  await using server = await startServer();
  const page = await browser.open(server, { room: 'bare' });
  await page.waitForSelector('#device-problems >> text=No camera was found; connect one, or choose another.');
  await page.waitForSelector(
    '#device-problems >> text=No microphone was found; connect one, or choose another.',
  );
  await enter(page, 'Alice');
  const bob = await browser.open(server, { room: 'bare', name: 'Bob' });
  await bob.waitForSelector('.tile >> text=Alice');
  for (const each of [page, bob]) await each.click('#chat-toggle');
  await page.fill('#chat-text', 'I only listen.');
  await page.press('#chat-text', 'Enter');
  await bob.waitForSelector('#messages >> text=I only listen.');
  await page.click('#camera');
  await page.waitForSelector('#toasts >> text=No camera was found');
  expect(await page.getAttribute('#camera', 'aria-pressed')).toBe('false');
  expect(browser.problems()).toEqual([]);
  await browser.closePages();
});
