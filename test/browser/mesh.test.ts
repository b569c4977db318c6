import { afterAll, beforeAll, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { MeshNodes } from '../support/mesh-nodes.ts';
import { hearsSomething, pageTimeoutMs, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';
import { hum, type Voice } from './voice.ts';

const held = useBrowser();
let nodes: MeshNodes;
beforeAll(async () => {
  nodes = await MeshNodes.start({ names: ['a', 'b', 'c'] });
}, pageTimeoutMs);
afterAll(() => nodes[Symbol.asyncDispose]());

async function writes(page: Page, text: string): Promise<void> {
  await page.fill('#chat-text', text);
  await page.press('#chat-text', 'Enter');
}

test('pages on three nodes are in one call: they see, hear and write to each other', async () => {
  const open = (node: string, name: string, voice?: Voice) =>
    held.browser.open(nodes.node(node), { room: 'mesh', name, voice });
  const alice = await open('a', 'Alice', hum);
  const bob = await open('b', 'Bob');
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  const carol = await open('c', 'Carol');
  await seesAndHears(carol, 2);
  await Promise.all([seesAndHears(alice, 2), seesAndHears(bob, 2)]);
  await hearsSomething(carol);
  for (const page of [alice, bob, carol]) await page.click('#chat-toggle');
  await writes(alice, 'From the first node.');
  for (const page of [bob, carol]) await page.waitForSelector('text=From the first node.');
  await writes(carol, 'From the third.');
  for (const page of [alice, bob]) await page.waitForSelector('text=From the third.');
  await carol.waitForSelector('.tile.speaking:has-text("Alice")');
  await bob.close();
  await alice.waitForSelector('.tile:has-text("Bob")', { state: 'detached' });
  await carol.waitForSelector('.tile:has-text("Bob")', { state: 'detached' });
});
