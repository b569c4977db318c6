import type { Locator, Page } from 'playwright-core';
import type { NodeSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Role } from '../../src/store/roles.ts';
import type { Store } from '../../src/store/store.ts';
import { type Browser, pageTimeoutMs } from '../browser/support.ts';

/** The screens and themes in which pages are drawn. */
export const sizes = {
  phone: { width: 360, height: 740 },
  desk: { width: 1280, height: 800 },
} as const;
export const themes = ['light', 'dark'] as const;

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

export interface OpenOptions {
  readonly server: { store: Store; port: number };
  readonly path: string;
  /** Logs in anew; without one the session goes on. */
  readonly role?: Role;
  /** Where it is opened; a new page unless told. */
  readonly page?: Page;
}

/** Opens a page of the dashboard and waits until it is live. */
export async function openPage(browser: Browser, options: OpenOptions): Promise<Page> {
  const { server, path, role, page = await browser.context.newPage() } = options;
  // The browser forgets sessions with its last window, so this must not be done in a page that is closed before.
  if (role) await logIn(page, server, role);
  page.setDefaultTimeout(pageTimeoutMs);
  await page.goto(`http://127.0.0.1:${server.port}/admin${path}`);
  await becomesLive(page);
  await page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  return page;
}

/** Opens the menu of somebody in the list of a room, and chooses an action. */
export async function choose(card: Locator, caption: string): Promise<void> {
  await card.locator('.menu > summary').click();
  await card.locator('.menu .actions > *', { hasText: new RegExp(`^${caption}$`) }).click();
}

/** What people meet, by name: each page with its address. */
export function pagesOf({ rooms }: Pick<NodeSnapshot, 'rooms'>): Record<string, string> {
  const room = rooms.at(4);
  const target = room && new URLSearchParams({ room: room.id, peer: room.peers[0]?.id ?? '' });
  const ofRoom = target && {
    room: `/room?${target}`,
    peer: `/peer?${target}`,
    found: `/rooms?${new URLSearchParams({ q: room.peers[1]?.displayName ?? '' })}`,
    remove: `/do/room/remove?${target}`,
    ban: `/do/room/ban?${target}`,
    capture: `/do/room/capture?${target}`,
    moved: `/peer?${new URLSearchParams({ room: room.id, peer: room.peers[1]?.id ?? '' })}`,
  };
  return {
    overview: '',
    rooms: '/rooms',
    ...ofRoom,
    history: '/history',
    stay: '/history?session=stay-1',
    workers: '/workers',
    audit: '/audit',
    bans: '/bans',
    webhooks: '/webhooks',
    people: '/people',
    settings: '/settings',
    'ban-somebody': '/do/bans/add',
    'add-user': '/do/people/add-user',
    'add-key': '/do/people/add-key',
  };
}
