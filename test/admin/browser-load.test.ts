import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Server } from '../../src/app/server.ts';
import { Browser } from '../browser/support.ts';
import { SignalingClient } from '../support/signaling-client.ts';
import { until } from '../support/until.ts';
import { openPage } from './pages.ts';
import { startWithUsers, Visitor } from './support.ts';

setDefaultTimeout(400_000);

const roomCount = 500;
const peersOfRoom = 10;

/** The middle of several measurements. */
function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Milliseconds until a browser shows the list of rooms, and how many rows it has. */
async function firstPaint(server: Server): Promise<{ firstPaintMs: number; rows: number }> {
  await using browser = await Browser.launch({ fakeDevices: false });
  const page = await openPage(browser, { server, path: '/rooms', role: 'moderator' });
  // The first page of a new browser pays for the browser's own start.
  await page.reload();
  await page.waitForSelector('tbody tr');
  const at = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  );
  const rows = await page.locator('tbody tr').count();
  expect(browser.problems()).toEqual([]);
  return { firstPaintMs: Math.round(at), rows };
}

test('with 500 rooms and 5,000 peers a page is made in a moment, and an update is small', async () => {
  await using server = await startWithUsers({ TUREEN_JOIN_SECONDS: '600' });
  const clients: SignalingClient[] = [];
  for (let room = 0; room < roomCount; room += 1) {
    const names = Array.from({ length: peersOfRoom }, (_, index) => `peer-${room}-${index}`);
    clients.push(
      ...(await Promise.all(
        names.map((peerId) => SignalingClient.connect({ server, roomId: `room-${room}`, peerId })),
      )),
    );
  }
  await Promise.all(clients.map((client) => client.request('join', { displayName: 'somebody' })));
  await until(() => server.sfu.snapshot().rooms.length === roomCount, 'all rooms');

  const moderator = Visitor.as(server, 'moderator');
  const times: number[] = [];
  let bytes = 0;
  for (const path of ['/rooms', '', '/rooms?q=room-49', '/rooms', '/rooms?page=7']) {
    const startedAt = performance.now();
    bytes = (await moderator.text(path)).length;
    times.push(performance.now() - startedAt);
  }
  const { body } = await fetch(`${moderator.base}/live/rooms?q=room-4`, {
    headers: { cookie: moderator.cookie },
  });
  const messages = body?.pipeThrough(new TextDecoderStream()).getReader();
  await messages?.read();
  const cpu = process.cpuUsage();
  const watchedAt = performance.now();
  const sizes: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    server.sfu.setRoomLocked({ roomId: 'room-4', locked: round % 2 === 0, by: { kind: 'admin', id: 'x' } });
    sizes.push((await messages?.read())?.value?.length ?? 0);
  }
  const used = process.cpuUsage(cpu);
  const share = (used.user + used.system) / 1000 / (performance.now() - watchedAt);
  await messages?.cancel();
  const { firstPaintMs, rows } = await firstPaint(server);
  console.log(
    JSON.stringify({
      rooms: roomCount,
      peers: clients.length,
      pageMs: Math.round(median(times)),
      pageBytes: bytes,
      firstPaintMs,
      updateBytes: median(sizes),
      cpuOfOneCore: Number(share.toFixed(2)),
    }),
  );
  expect(median(times)).toBeLessThan(1500);
  expect(firstPaintMs).toBeGreaterThan(0);
  expect(rows).toBe(50);
  expect(median(sizes)).toBeLessThan(4000);
  for (const { socket } of clients) socket.close();
});
