import { expect, setDefaultTimeout, test } from 'bun:test';
import { useBrowser } from '../browser/use-browser.ts';
import { openPage } from './pages.ts';
import { password, startWithUsers } from './support.ts';

setDefaultTimeout(180_000);

const held = useBrowser({ fakeDevices: false });

test('the page of people shows what was just done: a key that is there, a key and a user that are not', async () => {
  await using server = await startWithUsers();
  await using _ = held.browser.closingPages();
  const page = await openPage(held.browser, { server, path: '/people', role: 'admin' });
  const keys = page.getByRole('region', { name: 'API keys' });
  await page.click('a:text-is("Add API key…")');
  await page.fill('dialog [name=name]', 'robot');
  await page.click('dialog button[type=submit]');
  await keys.getByText('robot').waitFor();
  expect(await page.getByText('No keys').count()).toBe(0);
  // What was added afterwards works as well: htmx knows of it.
  await keys.getByRole('link', { name: 'Revoke key: robot' }).click();
  await page.click('dialog button[type=submit]');
  await page.getByText('No keys').waitFor();
  await page.click('a:text-is("Add user…")');
  await page.fill('dialog [name=name]', 'eva');
  await page.fill('dialog [name=password]', password);
  await page.click('dialog button[type=submit]');
  const users = page.getByRole('region', { name: 'Users' });
  await users.getByRole('link', { name: 'Remove user: eva' }).click();
  await page.click('dialog button[type=submit]');
  await users.getByText('eva').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => 'neverReloaded' in window)).toBe(true);
});
