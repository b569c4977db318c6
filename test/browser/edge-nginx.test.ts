import { expect, setDefaultTimeout, test } from 'bun:test';
import { Nginx } from '../support/nginx.ts';
import { startServer } from '../support/server.ts';
import { Browser, enter, patience, seesAndHears } from './support.ts';

setDefaultTimeout(240_000);

test('two browsers call each other through nginx', async () => {
  await using server = await startServer({ TUREEN_TRUSTED_PROXIES: '127.0.0.1' });
  await using nginx = await Nginx.start(server.port);
  await using browser = await Browser.launch({ moreFlags: ['--ignore-certificate-errors'] });
  const open = async (name: string) => {
    const page = await browser.context.newPage();
    page.setDefaultTimeout(patience);
    await page.goto(`https://127.0.0.1:${nginx.port}/?room=proxied`);
    await enter(page, name);
    return page;
  };
  const alice = await open('Alice');
  const bob = await open('Bob');
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  expect(browser.problems()).toEqual([]);
  await browser.closePages();
});
