import type { Page } from 'playwright-core';
import type { Benchmark } from './harness/benchmark.ts';
import { type RunningBrowser, startBrowser } from './harness/browser.ts';
import { startDelayRelay } from './harness/delay-relay.ts';
import { type Side, startServer } from './harness/server.ts';
import { median } from './harness/statistics.ts';
import { noteOpening, type Place } from './pages/measured-page.ts';

const roundTrip = 100;
const host = 'host';
const scripts: Readonly<Record<Side, string>> = {
  ours: 'bench/pages/ours.ts',
  reference: 'bench/reference/page.mjs',
};

/** How long a new peer waits for video over a slow network. */
export const firstFrame: Benchmark = {
  name: 'first-frame',
  doc: 'two Chromium pages, signaling with 100 ms of round trip: from the open socket to the first frame of the other',
  figures: [
    { name: 'first_frame', unit: 'milliseconds', goal: { atMost: 0.6 } },
    { name: 'seen_by_other', unit: 'milliseconds' },
  ],
  runs: 5,
  sides: () => ['ours', 'reference'],
  async measure(side, { small }) {
    const environment = { TUREEN_ALLOWED_ORIGINS: '*' };
    await using server = await startServer({ side: side as Side, workers: 1, environment });
    await using relay = await startDelayRelay({ port: server.port, eachWay: roundTrip / 2 });
    const script = scripts[side as Side];
    await using browser = await startBrowser({ script, before: noteOpening, offers: 'measuredPage' });
    const url = `ws://127.0.0.1:${relay.port}`;
    const waiting = await browser.open();
    await enter(waiting, { url, roomId: 'room', peerId: host });
    const waits: Waits[] = [];
    // The first guest warms up the browser and the worker and is not counted.
    for (let guest = 0; guest <= (small ? 1 : 5); guest += 1) {
      const place = { url, roomId: 'room', peerId: `guest-${guest}` };
      waits.push(await visit(browser, waiting, place));
    }
    const counted = waits.slice(1);
    return {
      first_frame: median(counted.map(({ sees }) => sees)),
      seen_by_other: median(counted.map(({ seen }) => seen)),
    };
  },
};

/** Milliseconds from a guest's open socket until it sees the other, and until the other sees it. */
interface Waits {
  readonly sees: number;
  readonly seen: number;
}

async function visit(browser: RunningBrowser, waiting: Page, place: Place): Promise<Waits> {
  const guest = await browser.open();
  await enter(guest, place);
  const opened = await guest.evaluate(() => measuredPage.opened());
  const sees = await guest.evaluate((peerId) => measuredPage.saw(peerId), host);
  const seen = await waiting.evaluate((peerId) => measuredPage.saw(peerId), place.peerId);
  await guest.close();
  return { sees: sees - opened, seen: seen - opened };
}

async function enter(page: Page, place: Place): Promise<void> {
  await page.evaluate((where) => measuredPage.enter(where), place);
}
