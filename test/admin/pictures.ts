import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Browser } from '../browser/support.ts';
import { kinds, startFixture } from './fixtures.ts';
import { logIn } from './pages.ts';

/**
 * Takes a picture of every page, in both themes, at the width of a phone and of a desk, from each fixture:
 * bun test/admin/pictures.ts <folder> [kind]
 */
const [folder = 'dist/pictures', only] = process.argv.slice(2);
const widths = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } } as const;

await mkdir(folder, { recursive: true });
await using browser = await Browser.launch({ fakeDevices: false });
const page = await browser.context.newPage();
for (const kind of kinds.filter((each) => only === undefined || each === only)) {
  await using fixture = await startFixture(kind);
  const room = fixture.snapshot.rooms.at(4);
  const address = (path: string, fields: Record<string, string>) => `${path}?${new URLSearchParams(fields)}`;
  const pages: Record<string, string> = {
    overview: '',
    rooms: '/rooms',
    ...(room && {
      room: address('/room', { room: room.id }),
      peer: address('/peer', { room: room.id, peer: room.peers[0]?.id ?? '' }),
    }),
    ...(room && { ban: address('/do/room/ban', { room: room.id, peer: room.peers[0]?.id ?? '' }) }),
    workers: '/workers',
    audit: '/audit',
    bans: '/bans',
    people: '/people',
    settings: '/settings',
  };
  await logIn(page, fixture);
  for (const [name, path] of Object.entries(pages)) {
    for (const [width, viewport] of Object.entries(widths)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        if (page.url() !== fixture.base + path) await page.goto(fixture.base + path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        if (wide) console.log(`${kind} ${name} ${width}: wider than the screen`);
        await page.screenshot({ path: join(folder, `admin-${kind}-${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
}
console.log(browser.problems().join('\n'));
