import { expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { serverActor } from '../../src/core/actors.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { useBrowser } from './use-browser.ts';

const held = useBrowser();

const axe = await Bun.file(fileURLToPath(import.meta.resolve('axe-core/axe.min.js'))).text();

/** What axe-core finds on the page as it is now, in both themes and at two widths. */
async function findings(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const results = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
        return await axe.run();
      });
      for (const { id, impact, nodes } of results.violations) {
        found.push(`${id} (${impact}) at ${viewport.width} ${colorScheme}: ${nodes.map(({ html }) => html)}`);
      }
    }
  }
  return found;
}

async function tokenHash(peerId: string, grants: { moderate?: boolean } = {}): Promise<string> {
  return `#token=${await tokenFor('axe', peerId, { grants })}`;
}

test('axe-core finds nothing on any screen, in either theme, on a desk or a phone', async () => {
  await using server = await startServer(withKeys);
  const hash = await tokenHash('alice', { moderate: true });
  const page = await held.browser.open(server, { room: 'axe', hash });
  // By the protocol of the developer tools, which the page's security policy does not concern.
  await page.evaluate(axe);
  await page.waitForSelector('#preview-camera[aria-pressed=true]');
  await page.click('#entrance-devices summary');
  expect(await findings(page)).toEqual([]);
  await page.fill('#name', 'Alice');
  await page.click('#join');
  await page.waitForSelector('#call:not([hidden])');
  const bob = await held.browser.open(server, { room: 'axe', hash: await tokenHash('bob'), name: 'Bob' });
  await page.waitForSelector('.tile:has-text("Bob") video:not([hidden])');
  await bob.click('#camera');
  await bob.click('#hand');
  await page.waitForSelector('#toasts >> text=Bob raised a hand.');
  expect(await findings(page)).toEqual([]);
  await page.click('#chat-toggle');
  await page.fill('#chat-text', 'Hello');
  await page.press('#chat-text', 'Enter');
  expect(await findings(page)).toEqual([]);
  await page.click('#chat-close');
  await page.click('.tile:has-text("Bob") .bars');
  await eventually(
    'numbers',
    () => page.textContent('#details-numbers'),
    (text) => text !== '',
  );
  expect(await findings(page)).toEqual([]);
  await page.click('#details-close');
  await page.click('#settings-open');
  expect(await findings(page)).toEqual([]);
  await page.click('#settings-close');
  await page.click('#react');
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.click('#people-toggle');
  await page.click('[data-person=bob] .ghost');
  expect(await findings(page)).toEqual([]);
  await page.click('[data-person=bob] [data-action=remove]');
  expect(await findings(page)).toEqual([]);
  await page.click('#question [value=no]');
  const peerId = (await page.locator('.tile.own').getAttribute('data-peer')) ?? '';
  void server.sfu.removePeer({ roomId: 'axe', peerId, reason: '', by: serverActor });
  await page.waitForSelector('#ending:not([hidden])');
  expect(await findings(page)).toEqual([]);
  await held.browser.closePages();
});
