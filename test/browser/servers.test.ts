import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { MeshNodes } from '../support/mesh-nodes.ts';
import { freePort } from '../support/port.ts';
import { pageTimeoutMs, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
let nodes: MeshNodes;
beforeAll(async () => {
  nodes = await MeshNodes.start({ names: [] });
  const add = (name: string) => {
    const port = String(freePort());
    return nodes.add(name, { PORT: port, TUREEN_PUBLIC_URL: `http://127.0.0.1:${port}` });
  };
  await Promise.all(['a', 'b', 'c'].map(add));
  await Promise.all(['a', 'b', 'c'].map((name) => nodes.knows(name, 2)));
}, pageTimeoutMs);
afterAll(() => nodes[Symbol.asyncDispose]());

/** From now on the page notes the states of its client, and when each began. */
const noteStates = (page: Page) =>
  page.evaluate(() => {
    const states: [string, number][] = [];
    Object.assign(globalThis, { states });
    tureen.on('state', ({ state }) => states.push([state, performance.now()]));
  });

const notedStates = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { states: [string, number][] }).states);

const serverOf = (page: Page) => page.evaluate(() => tureen.server);

test('a page whose node is killed is back in the call on another node by itself', async () => {
  const open = (node: string, name: string) => held.browser.open(nodes.node(node), { room: 'servers', name });
  const alice = await open('a', 'Alice');
  const bob = await open('b', 'Bob');
  const carol = await open('c', 'Carol');
  await Promise.all([alice, bob, carol].map((page) => seesAndHears(page, 2)));
  const before = await serverOf(alice);
  // Usually the one whose page was opened; on a busy machine another may have answered much sooner.
  const name = ['a', 'b', 'c'].find((each) => before.url === `http://127.0.0.1:${nodes.node(each).port}`);
  if (name === undefined) throw new Error(`${before.url} is no node`);
  await noteStates(alice);
  held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION/);
  const killed = nodes.node(name).process;
  killed.kill('SIGKILL');
  await killed.exited;
  await alice.waitForFunction((url) => tureen.state === 'joined' && tureen.server.url !== url, before.url);
  await Promise.all([alice, bob, carol].map((page) => seesAndHears(page, 2)));
  const states = await notedStates(alice);
  expect(states.map(([state]) => state)).toEqual(['resuming', 'reconnecting', 'joined']);
  const [[, cutAt] = ['', 0], , [, backAt] = ['', 0]] = states;
  const { url, why } = await serverOf(alice);
  console.log(`back in the call on ${url} after ${Math.round(backAt - cutAt)} ms, because ${why}`);
  expect(why).toContain(before.url);
  // Three seconds on a quiet machine.
  expect(backAt - cutAt).toBeLessThan(15_000);
  // The others saw neither of the two leave for good: there is one tile of each.
  for (const page of [bob, carol]) expect(await page.locator('.tile:has-text("Alice")').count()).toBe(1);
}, 240_000);
