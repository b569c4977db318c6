import { expect, setDefaultTimeout, test } from 'bun:test';
import { FrontProxy, proxyNames } from '../support/proxy.ts';
import { startServer } from '../support/server.ts';
import { Browser, enter, patience, seesAndHears } from './support.ts';

setDefaultTimeout(240_000);

test.each(proxyNames)('two browsers call each other through %s', async (name) => {
  await using server = await startServer({ TUREEN_TRUSTED_PROXIES: '127.0.0.1' });
  await using proxy = await FrontProxy.start(name, server.port);
  await using browser = await Browser.launch({ moreFlags: ['--ignore-certificate-errors'] });
  const open = async (who: string) => {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(patience);
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
