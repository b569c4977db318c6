import { describe, expect, test } from 'bun:test';
import type { TureenClient } from '../../client/index.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { callBetweenTwo, seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';
import { hum } from './voice.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
const server = await useServer();

const callOfTwo = (room: string) => callBetweenTwo(held.browser, server, room);

/** What the server sends of Bob's camera to Alice. */
function consumerOf(room: string) {
  const alice = [...(server.sfu.rooms.get(room)?.peers.values() ?? [])].find(
    ({ displayName }) => displayName === 'Alice',
  );
  return [...(alice?.subscriptions.values() ?? [])].find(({ consumer }) => consumer.kind === 'video')
    ?.consumer;
}

describe('the page', () => {
  test('shows a shared screen large, to everyone, until its owner ends it', async () => {
    const [alice, bob] = await callOfTwo('screen');
    await alice.click('#screen');
    await bob.waitForSelector('.tile.screen.main >> text=Alice’s screen');
    await alice.waitForSelector('#screen[aria-pressed=true]');
    await eventually(
      'a picture of the screen',
      () => statistics(bob),
      ({ videos }) => videos.filter(({ frames }) => frames > 2).length === 2,
    );
    await alice.click('#screen');
    await bob.waitForSelector('.tile.screen', { state: 'detached' });
    await alice.waitForSelector('#screen[aria-pressed=false]');
  });

  test('shows a raised hand to those who are there and to those who come later', async () => {
    const [alice, bob] = await callOfTwo('hand');
    await alice.press('body', 'h');
    await bob.waitForSelector('.tile:has-text("Alice") .tile-hand:not([hidden])');
    await bob.waitForSelector('#toasts >> text=Alice raised a hand.');
    const carol = await held.browser.open(server, { room: 'hand', name: 'Carol' });
    await carol.waitForSelector('.tile:has-text("Alice") .tile-hand:not([hidden])');
    await alice.press('body', 'h');
    await carol.waitForSelector('.tile:has-text("Alice") .tile-hand[hidden]', { state: 'attached' });
  });

  test('shows who speaks, and the quality of everyone, with numbers on demand', async () => {
    const { browser } = held;
    await browser.open(server, { room: 'numbers', name: 'Alice', voice: hum });
    const bob = await browser.open(server, { room: 'numbers', name: 'Bob' });
    await seesAndHears(bob, 1);
    await bob.waitForSelector('.tile.speaking:has-text("Alice")');
    await bob.waitForSelector('.tile:has-text("Alice") .bars[data-level=good]');
    await bob.click('.tile:has-text("Alice") .bars');
    await bob.waitForSelector('#details[open] >> text=of 10)');
    const numbers = await eventually(
      'numbers',
      async () => (await bob.textContent('#details-numbers')) ?? '',
      (text) => /\d+ × \d+.*kbit\/s.*lost/.test(text),
    );
    expect(numbers).toContain('VP8');
    expect(numbers).toContain('opus');
    expect(numbers).toContain('there and back');
  });

  test('receives the layer that is chosen, and by itself the one that a tile needs', async () => {
    const [alice] = await callOfTwo('layers');
    const preferred = () => consumerOf('layers')?.preferredLayers?.spatialLayer;
    await eventually(
      'the best layer for a large tile',
      async () => preferred(),
      (layer) => layer === 1,
    );
    await alice.click('.tile:has-text("Bob") .bars');
    await alice.check('#details-layers input[value="0"]');
    await eventually(
      'the chosen layer',
      async () => preferred(),
      (layer) => layer === 0,
    );
    await alice.check('#details-layers input[value="auto"]');
    await eventually(
      'the best layer again',
      async () => preferred(),
      (layer) => layer === 1,
    );
    await alice.click('#details-close');
    // Our own picture in the middle makes Bob's a small one in the strip.
    await alice.focus('.tile.own .tile-pin');
    await alice.keyboard.press('Enter');
    await alice.waitForSelector('.tile.own.pinned.main');
    await eventually(
      'the least layer for a small tile',
      async () => preferred(),
      (layer) => layer === 0,
    );
  });

  test('does not receive what nobody sees', async () => {
    const [alice, bob] = await callOfTwo('hidden');
    await eventually(
      'a running consumer',
      async () => consumerOf('hidden')?.paused,
      (paused) => paused === false,
    );
    await bob.click('#camera');
    await eventually(
      'a paused consumer',
      async () => consumerOf('hidden')?.paused,
      (paused) => paused === true,
    );
    await bob.click('#camera');
    await eventually(
      'a running one',
      async () => consumerOf('hidden')?.paused,
      (paused) => paused === false,
    );
    await seesAndHears(alice, 1);
  });

  test('is used by keyboard alone, from the entrance to the end', async () => {
    const page = await held.browser.open(server, { room: 'keys' });
    await page.waitForSelector('#preview-camera[aria-pressed=true]');
    await page.keyboard.type('Alice');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#call:not([hidden])');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('call-title');
    await page.keyboard.press('m');
    await page.waitForSelector('#microphone[aria-pressed=false]');
    await page.keyboard.press('v');
    await page.waitForSelector('#camera[aria-pressed=false]');
    await page.keyboard.press('c');
    await page.keyboard.type('much h');
    expect(await page.inputValue('#chat-text')).toBe('much h');
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('chat-toggle');
    await page.keyboard.press('l');
    await page.waitForSelector('#layout[aria-pressed=true]');
    await page.focus('#settings-open');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#settings[open]');
    await page.keyboard.press('Escape');
    await page.focus('#leave');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#ending >> text=You left the call');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('ending-title');
  });

  test('remembers the name, puts the room into the address, and shows what is written as text', async () => {
    const page = await held.browser.open(server, { room: 'memory', name: '<img src=x onerror=alert(1)>' });
    expect(new URL(page.url()).searchParams.get('room')).toBe('memory');
    await page.click('#invite');
    await page.waitForSelector('#toasts >> text=/link/');
    const bob = await held.browser.open(server, { room: 'memory', name: 'Bob' });
    await bob.waitForSelector('.tile >> text=<img src=x onerror=alert(1)>');
    expect(await bob.locator('.tile img').count()).toBe(0);
    await page.reload();
    expect(await page.inputValue('#name')).toBe('Bob');
    expect(await page.inputValue('#room')).toBe('memory');
  });

  test('turns the camera off in truth: its device is closed, and opened again when it is turned on', async () => {
    const [alice] = await callOfTwo('light');
    const live = () => alice.evaluate(() => tureen.publication('camera')?.track.readyState);
    expect(await live()).toBe('live');
    await alice.click('#camera');
    await eventually('a closed device', live, (state) => state === 'ended');
    await alice.click('#camera');
    await eventually('an open device', live, (state) => state === 'live');
  });
});
