import { expect, test } from 'bun:test';
import { serverActor } from '../../src/core/actors.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { callBetweenTwo } from './support.ts';
import { useBrowser } from './use-browser.ts';
import { hum } from './voice.ts';

const held = useBrowser();
const server = await useServer();

test('a reaction is seen on the picture of who reacts, by everyone', async () => {
  const [alice, bob] = await callBetweenTwo(held.browser, server, 'reactions');
  await alice.click('#react');
  await alice.click('#reactions [aria-label=applause]');
  await bob.waitForSelector('.tile:has-text("Alice") .tile-reaction:not([hidden]) >> text=👏');
  await alice.waitForSelector('.tile.own .tile-reaction:not([hidden]) >> text=👏');
  await bob.waitForSelector('.tile:has-text("Alice") .tile-reaction', { state: 'hidden' });
});

test('who speaks while muted is told, and can turn the microphone on from there', async () => {
  const page = await held.browser.open(server, { room: 'hint', name: 'Alice', voice: hum });
  await page.click('#microphone');
  await page.waitForSelector('#toasts >> text=You are speaking, but your microphone is off.');
  await page.click('#toasts >> text=Turn on');
  await page.waitForSelector('#microphone[aria-pressed=true]');
});

test('the chat marks what is new, and makes links of addresses and of nothing else', async () => {
  const [alice, bob] = await callBetweenTwo(held.browser, server, 'links');
  await bob.click('#chat-toggle');
  for (const text of ['See https://example.org/soup?x=1.', 'javascript:alert(1) <b>soup</b>']) {
    await bob.fill('#chat-text', text);
    await bob.press('#chat-text', 'Enter');
  }
  await alice.waitForSelector('#chat-unread:not([hidden]) >> text=2');
  await alice.click('#chat-toggle');
  await alice.waitForSelector('.unread-mark + .message >> text=See https');
  const links = await alice.$$eval('#messages a', (found) =>
    (found as HTMLAnchorElement[]).map(({ href, rel, target, textContent }) => ({
      href,
      rel,
      target,
      textContent,
    })),
  );
  expect(links).toEqual([
    {
      href: 'https://example.org/soup?x=1',
      textContent: 'https://example.org/soup?x=1',
      rel: 'noopener noreferrer nofollow',
      target: '_blank',
    },
  ]);
  expect(await alice.locator('#messages b').count()).toBe(0);
  await alice.click('#chat-close');
  await alice.click('#chat-toggle');
  expect(await alice.locator('.unread-mark').count()).toBe(0);
});

test('a drain is announced for as long as it lasts, and so is its end', async () => {
  const page = await held.browser.open(server, { room: 'drain', name: 'Alice' });
  void server.sfu.drain({ milliseconds: 3_600_000 });
  await page.waitForSelector('#banner >> text=/This server stops at .* moves to another by itself/');
  server.sfu.cancelDrain(serverActor);
  await page.waitForSelector('#banner', { state: 'hidden' });
  await page.waitForSelector('#toasts >> text=The server does not stop after all.');
});

test('the entrance plays a sound on the speaker, and asks the microphone for noise as one wishes', async () => {
  const page = await held.browser.open(server, { room: 'sound' });
  await page.waitForSelector('#preview-microphone[aria-pressed=true]');
  await page.click('#entrance-devices summary');
  await page.click('#entrance-device-menu >> text=Test');
  await page.waitForSelector('#entrance-device-menu button:not([disabled])');
  const asked = () => page.evaluate(() => (globalThis as unknown as { noise?: boolean }).noise);
  await page.evaluate(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      const audio = constraints?.audio;
      if (typeof audio === 'object') Object.assign(globalThis, { noise: audio.noiseSuppression });
      return open(constraints);
    };
  });
  await page.uncheck('#entrance-device-menu [name=noise]');
  await eventually('a microphone with noise', asked, (noise) => noise === false);
  await page.check('#entrance-device-menu [name=noise]');
  await eventually('a microphone without', asked, (noise) => noise === true);
});
