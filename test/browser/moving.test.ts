import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { MeshNodes } from '../support/mesh-nodes.ts';
import { freePort } from '../support/port.ts';
import { until } from '../support/until.ts';
import { pageTimeoutMs, seesAndHears } from './support.ts';
import { useBrowser } from './use-browser.ts';
import { watchCall, watchedOn } from './watched-call.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

/** A hole that nobody would overlook, in milliseconds. The measured one is printed: it says more on a quiet machine. */
const maxGapMs = 2000;

/** Of looks that are 10 ms apart: what nobody sees. */
const maxDarkLooks = 10;

const held = useBrowser();
const names = ['a', 'b'] as const;
const ports = new Map(names.map((name) => [name, String(freePort())]));
const urlOf = (name: (typeof names)[number]) => `http://127.0.0.1:${ports.get(name)}`;
let nodes: MeshNodes;

const start = (name: (typeof names)[number]) =>
  nodes.add(name, {
    PORT: ports.get(name) ?? '',
    TUREEN_PUBLIC_URL: urlOf(name),
    TUREEN_DRAIN_SECONDS: '60',
  });

beforeAll(async () => {
  nodes = await MeshNodes.start({ names: [] });
  await Promise.all(names.map(start));
  await Promise.all(names.map((name) => nodes.knows(name, 1)));
}, pageTimeoutMs);
afterAll(() => nodes[Symbol.asyncDispose]());

const serverOf = (page: Page) => page.evaluate(() => tureen.server.url);

test('nodes are restarted one after the other under a call, and its pages do not blink', async () => {
  const open = (node: string, name: string) => held.browser.open(nodes.node(node), { room: 'rolling', name });
  const alice = await open('a', 'Alice');
  const bob = await open('b', 'Bob');
  const pages = [alice, bob];
  await Promise.all(pages.map((page) => seesAndHears(page, 1)));
  await watchCall(alice, 'Bob');
  await watchCall(bob, 'Alice');
  // The pages of a node that ended cannot be loaded again, and the browser looks for their icons.
  held.browser.expectProblem(/ERR_CONNECTION/);

  for (const [leaving, staying] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const { process } = nodes.node(leaving);
    process.kill('SIGTERM');
    // It ends before its deadline: nobody is left on it.
    await until(() => process.exitCode !== null, `the end of node ${leaving}`, 50_000);
    for (const page of pages) await page.waitForFunction((url) => tureen.server.url === url, urlOf(staying));
    await Promise.all(pages.map((page) => seesAndHears(page, 1)));
    await start(leaving);
    await nodes.knows(staying, 2);
  }

  for (const [page, name] of [
    [alice, 'Alice'],
    [bob, 'Bob'],
  ] as const) {
    const { gap, pictures, looks, dark, news, moves } = await watchedOn(page);
    const worst = Math.max(...moves.map((move) => move.gap ?? 0));
    console.log(
      `${name}: ${pictures} pictures, at most ${Math.round(gap)} ms apart, dark in ${dark} of ${looks} looks, ${moves.length} moves, at most ${worst} ms of silence`,
    );
    expect(pictures).toBeGreaterThan(50);
    expect(gap).toBeLessThan(maxGapMs);
    expect(dark).toBeLessThan(maxDarkLooks);
    // No leave, no join, no new tile, and no other state than joined.
    expect(news.filter((one) => one !== 'replaced')).toEqual([]);
  }
  expect((await watchedOn(alice)).moves.length + (await watchedOn(bob)).moves.length).toBe(3);
  expect(await serverOf(alice)).toBe(urlOf('a'));
}, 300_000);
