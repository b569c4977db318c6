import { expect, setDefaultTimeout, test } from 'bun:test';
import { FrontProxy, proxyNames } from '../support/proxy.ts';
import { startServer } from '../support/server.ts';
import { Browser, enter, pageTimeoutMs, seesAndHears } from './support.ts';
import { type GuidePage, publishByWhip, WhipGuide, watchByWhep } from './whip-guide.ts';

setDefaultTimeout(240_000);

test.each(proxyNames)('two browsers call each other through %s', async (name) => {
  await using server = await startServer({ TUREEN_TRUSTED_PROXIES: '127.0.0.1' });
  await using proxy = await FrontProxy.start(name, server.port);
  await using browser = await Browser.launch({ moreFlags: ['--ignore-certificate-errors'] });
  const open = async (who: string) => {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(pageTimeoutMs);
    await page.goto(`https://127.0.0.1:${proxy.port}/?room=proxied`);
    await enter(page, who);
    return page;
  };
  const alice = await open('Alice');
  const bob = await open('Bob');
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  expect(browser.problems()).toEqual([]);
  await browser.closePages();
});

test.each(proxyNames)('media goes in by WHIP and out by WHEP through %s', async (name) => {
  await using guide = await WhipGuide.make();
  await using server = await startServer(
    { TUREEN_TRUSTED_PROXIES: '127.0.0.1' },
    { pageFolder: guide.folder },
  );
  await using proxy = await FrontProxy.start(name, server.port);
  await using browser = await Browser.launch({ moreFlags: ['--ignore-certificate-errors'] });
  const place = { browser, origin: `https://127.0.0.1:${proxy.port}` };
  const publisher = await publishByWhip(place);
  const viewer = await watchByWhep(place);
  await seesAndHears(viewer, 1);
  const session = await publisher.evaluate(() => (window as unknown as GuidePage).opened.session);
  expect(session).toStartWith(`https://127.0.0.1:${proxy.port}/whip/room/`);
  // A PATCH that restarts ICE, and the DELETE at the end.
  await publisher.evaluate(async () => {
    const { restart, opened } = window as unknown as GuidePage;
    await restart(opened);
  });
  await seesAndHears(viewer, 1);
  await publisher.evaluate(async () => {
    const { end, opened } = window as unknown as GuidePage;
    await end(opened);
  });
  expect(server.sfu.rooms.get('room')?.peers.has('camera')).toBe(false);
  await browser.closePages();
});
