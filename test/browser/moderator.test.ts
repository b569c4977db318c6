import { expect, test } from 'bun:test';
import type { Static } from '@sinclair/typebox';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import type { TokenGrants } from '../../src/access/tokens.ts';
import { tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
const server = await useServer(withKeys);

/** With a microphone and, because cameras are much for a small machine, no camera unless told. */
async function enter(
  room: string,
  name: string,
  { camera = false, ...grants }: Static<typeof TokenGrants> & { camera?: boolean } = {},
): Promise<Page> {
  const hash = `#token=${await tokenFor(room, name.toLowerCase(), { name, grants })}`;
  const page = await held.browser.open(server, { room, hash });
  await page.waitForSelector('#preview-microphone[aria-pressed=true]');
  await page.waitForSelector('#preview-camera[aria-pressed=true]');
  if (!camera) await page.click('#preview-camera');
  await page.click('#join');
  await page.waitForSelector('#call:not([hidden])');
  return page;
}

const told = (page: Page, text: string) => page.waitForSelector(`#toasts >> text=${text}`);
const person = (name: string) => `[data-person=${name.toLowerCase()}]`;
const hears = (page: Page, name: string) =>
  page.waitForSelector(`${person(name)} .sign.microphone:not(.off)`);
const action = (name: string, what: string) => `${person(name)} [data-action=${what}]`;

test('a moderator mutes, stops, locks and removes from inside the call, and everyone is told', async () => {
  const room = 'council';
  const mona = await enter(room, 'Mona', { moderate: true });
  const bob = await enter(room, 'Bob');
  const carol = await enter(room, 'Carol', { camera: true });
  const dora = await enter(room, 'Dora');
  const emil = await enter(room, 'Emil');
  await mona.click('#people-toggle');
  for (const name of ['Bob', 'Carol', 'Dora', 'Emil']) await hears(mona, name);
  for (const page of [carol, dora, emil]) await page.waitForSelector('[data-tile][data-peer=bob]');
  for (const name of ['Bob', 'Carol']) await mona.click(`${person(name)} .ghost`);
  // Muted, and allowed again by the button that takes it back.
  await mona.click(action('Bob', 'mute'));
  await told(bob, 'A moderator muted your microphone.');
  await bob.waitForSelector('#microphone[aria-pressed=false][aria-label="Microphone, muted by a moderator"]');
  await mona.waitForSelector(`${person('Bob')} >> text=muted by a moderator`);
  await mona.click('#toasts >> text=Undo');
  await bob.click('#toasts >> text=Turn on');
  await bob.waitForSelector('#microphone[aria-pressed=true]');
  // Stopped: told once, with nothing to press that would be refused.
  await mona.click(action('Carol', 'stop'));
  await told(carol, 'A moderator stopped what you send.');
  expect(await carol.locator('#toasts button').count()).toBe(0);
  for (const id of ['microphone', 'camera', 'screen'])
    await carol.waitForSelector(`#${id}[hidden]`, { state: 'attached' });
  await mona.waitForSelector(`${action('Carol', 'stop')} >> text=Let send again`);
  await mona.click(action('Carol', 'stop'));
  await told(carol, 'A moderator lets you use your camera and microphone again.');
  await carol.click('#camera');
  await carol.waitForSelector('#camera[aria-pressed=true]');
  // Locked, for all to see.
  await mona.click('#lock');
  for (const page of [mona, bob, carol, dora, emil]) await page.waitForSelector('#locked:not([hidden])');
  await told(carol, 'A moderator locked the room');
  await mona.waitForSelector('#lock[aria-pressed=true]');
  // Removed and banned, after a question.
  await mona.click(action('Bob', 'remove'));
  await mona.fill('#removal-reason', 'too many spoons');
  await mona.selectOption('#removal-ban', '3600');
  await mona.click('#question-yes');
  await bob.waitForSelector('#ending >> text=too many spoons');
  for (const page of [carol, dora, emil])
    await page.waitForSelector('[data-tile][data-peer=bob]', { state: 'detached' });
  await mona.click('#lock');
  await mona.waitForSelector('#lock[aria-pressed=false]');
  const again = await tokenFor(room, 'bob', { name: 'Bob' });
  await Promise.all([
    bob.waitForNavigation(),
    bob.evaluate((hash) => {
      location.hash = hash;
    }, `token=${again}`),
  ]);
  await bob.click('#join');
  await bob.waitForSelector('#entrance-problem >> text=You may not enter');
});

test('a moderator mutes everyone, takes it back, and lowers all hands after a question', async () => {
  const room = 'assembly';
  const mona = await enter(room, 'Mona', { moderate: true });
  const bob = await enter(room, 'Bob');
  await mona.click('#people-toggle');
  await hears(mona, 'Bob');
  await mona.click('#mute-all');
  await told(bob, 'A moderator muted your microphone.');
  await mona.click('#toasts >> text=Undo');
  await told(bob, 'A moderator allows your microphone again.');
  await bob.click('#hand');
  await bob.waitForSelector('#hand[aria-pressed=true]');
  await mona.click('#lower-hands');
  await mona.click('#question [value=no]');
  expect(await bob.getAttribute('#hand', 'aria-pressed')).toBe('true');
  await mona.click('#lower-hands');
  await mona.click('#question-yes');
  await bob.waitForSelector('#hand[aria-pressed=false]');
  await told(bob, 'A moderator lowered your hand.');
});

test('who does not moderate sees everyone, and no tools', async () => {
  const room = 'guests';
  const alice = await enter(room, 'Alice');
  const bob = await enter(room, 'Bob');
  await alice.keyboard.press('p');
  await alice.waitForSelector(`${person('Bob')} .sign.microphone:not(.off)`);
  await bob.click('#microphone');
  await alice.waitForSelector(`${person('Bob')} .sign.microphone.off`);
  await bob.click('#hand');
  await alice.waitForSelector(`${person('Bob')} .sign.hand:not([hidden])`);
  await alice.click(`${person('Bob')} .ghost`);
  expect(await alice.locator('#people-tools:visible, [data-action]:visible').count()).toBe(0);
  // The volume is for this page only.
  await alice.fill(`${person('Bob')} input[type=range]`, '30');
  await alice.keyboard.press('Escape');
  expect(await alice.evaluate(() => document.activeElement?.id)).toBe('people-toggle');
  await bob.click('#leave');
  await eventually(
    'nobody else',
    () => alice.textContent('#call-count'),
    (count) => count === '1',
  );
});

test('a listener has no buttons that would fail, reads the chat, and is seen to raise a hand', async () => {
  const room = 'lecture';
  const alice = await enter(room, 'Alice', { camera: true });
  const token = await tokenFor(room, 'lena', { name: 'Lena', grants: { publish: false } });
  const lena = await held.browser.open(server, { room, hash: `#token=${token}` });
  await lena.waitForSelector('text=With this invitation you watch and listen.');
  expect(await lena.locator('#preview:visible').count()).toBe(0);
  await lena.click('#join');
  await lena.waitForSelector('.tile:has-text("Alice") video:not([hidden])');
  for (const id of ['microphone', 'camera', 'screen']) expect(await lena.isVisible(`#${id}`)).toBe(false);
  await lena.keyboard.press('m');
  await lena.click('#hand');
  await alice.waitForSelector('.tile:has-text("Lena") .tile-hand:not([hidden])');
  await lena.waitForSelector('#hand[aria-pressed=true]');
  await lena.click('#chat-toggle');
  await lena.waitForSelector('#chat-reads >> text=You can read the chat, but not write.');
  expect(await lena.isVisible('#chat-form')).toBe(false);
  await eventually(
    'the chat of Alice being open',
    () => alice.evaluate(() => tureen.publications.size),
    (count) => count === 2,
  );
  await alice.click('#chat-toggle');
  await alice.fill('#chat-text', 'Welcome');
  await alice.press('#chat-text', 'Enter');
  await lena.waitForSelector('#messages >> text=Welcome');
  expect(await lena.locator('.toast:has-text("not sent")').count()).toBe(0);
});
