import type { Page } from 'playwright-core';
import type { Store } from '../../src/store/store.ts';
import type { Role } from '../../src/store/users.ts';

/** Opens a session for a page's browser without the login, which takes a while on purpose. */
export async function logIn(
  page: Page,
  { store, port }: { store: Store; port: number },
  role: Role = 'admin',
): Promise<void> {
  const userId = store.users.byName(role)?.id ?? 0;
  const value = store.sessions.open({ userId, address: '127.0.0.1', agent: 'test' });
  const url = `https://127.0.0.1:${port}`;
  await page
    .context()
    .addCookies([
      { name: '__Host-tureen-admin', value, url, secure: true, httpOnly: true, sameSite: 'Strict' },
    ]);
}

/** Waits until the page is told of changes. */
export async function becomesLive(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getElementById('connection')?.textContent === 'Live');
}
