import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { MeshNodes } from '../support/mesh-nodes.ts';
import { freeUdpPorts } from '../support/port.ts';
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

test('whose picture and voice cannot be brought to our node is shown with the reason in plain words, until they come', async () => {
  const first = await freeUdpPorts(4);
  const ports = Array.from({ length: 4 }, (_, index) => first + index);
  const taken = await Promise.all(ports.map((port) => Bun.udpSocket({ hostname: '127.0.0.1', port })));
  await nodes.add('d', { TUREEN_PIPE_PORTS: `${first}-${first + 3}` });
  await nodes.knows('d', 3);
  const alice = await held.browser.open(nodes.node('a'), { room: 'parted', name: 'Alice' });
  const dora = await held.browser.open(nodes.node('d'), { room: 'parted', name: 'Dora' });
  const trouble = (page: Page) => page.locator('.tile:not(.own) .tile-trouble');
  for (const page of [alice, dora]) {
    await page.waitForSelector(
      '.tile:not(.own) .tile-trouble:text-matches("^(Voice and picture|Picture and voice) cannot")',
    );
    // Nothing says that somebody is muted who is only not heard here.
    expect(await page.locator('.tile:not(.own) .tile-mute').isHidden()).toBe(true);
  }
  expect(await trouble(dora).textContent()).toContain('cannot be brought here at the moment. Trying again');
  for (const socket of taken) socket.close();
  await Promise.all([seesAndHears(alice, 1), seesAndHears(dora, 1)]);
  for (const page of [alice, dora]) await trouble(page).waitFor({ state: 'hidden' });
});
