import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { eventually, until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { audioTrack, enter, videoTrack } from '../support/world.ts';
import { useBrowser } from './use-browser.ts';

setDefaultTimeout(120_000);

const held = useBrowser();
const server = await useServer();
const room = 'in-view';
const count = 24;

async function publisher(peerId: string): Promise<void> {
  const { client, sendTransport } = await enter({ server, roomId: room, peerId });
  await client.request('produce', videoTrack(sendTransport, 1000));
  await client.request('produce', audioTrack(sendTransport, 1));
}

/** Those whose tile, or a part of it, is to be seen. */
const inView = (page: Page) =>
  page.evaluate(() => {
    const stage = document.querySelector('#stage')?.getBoundingClientRect();
    if (!stage) return [];
    const tiles = [...document.querySelectorAll<HTMLElement>('.tile:not(.own):not([hidden])')];
    return tiles
      .filter((tile) => {
        const { top, bottom } = tile.getBoundingClientRect();
        return Math.min(bottom, stage.bottom, innerHeight) - Math.max(top, stage.top, 0) > 0;
      })
      .map(({ dataset }) => dataset.peer ?? '')
      .toSorted();
  });

const consumersOf = (kind: 'audio' | 'video') => {
  const [alice] = [...server.sfu.room(room).peers.values()].filter(
    ({ displayName }) => displayName === 'Alice',
  );
  return [...(alice?.subscriptions.values() ?? [])]
    .filter(({ consumer }) => consumer.kind === kind)
    .map(({ publication }) => publication.info.peerId)
    .toSorted();
};

/** Waits until the server has consumers of the videos that are in view, and of no others. @returns whose they are */
const settled = async (page: Page) => {
  const look = async () => ({ seen: await inView(page), sent: consumersOf('video') });
  const { seen } = await eventually('consumers of what is in view', look, ({ seen, sent }) => {
    return seen.length > 0 && seen.join() === sent.join();
  });
  return seen;
};

test('a large stage has consumers of the tiles in view, follows what is scrolled to, and hears everyone', async () => {
  await Promise.all(Array.from({ length: count }, (_, index) => publisher(`person-${index + 10}`)));
  const page = await held.browser.open(server, { room, name: 'Alice' });
  await page.setViewportSize({ width: 360, height: 480 });
  await eventually(
    'everyone',
    () => page.locator('.tile:not(.own)').count(),
    (tiles) => tiles === count,
  );
  const first = await settled(page);
  expect(first.length).toBeLessThan(count);
  await page.evaluate(() => {
    const stage = document.querySelector('#stage');
    stage?.scrollTo({ top: stage.scrollHeight });
  });
  await until(() => consumersOf('video').join() !== first.join(), 'others to be received');
  const last = await settled(page);
  expect(last.filter((id) => first.includes(id)).length).toBeLessThan(last.length);
  expect(consumersOf('audio')).toHaveLength(count);
  // A larger window shows all of them.
  await page.setViewportSize({ width: 1600, height: 1200 });
  expect(await settled(page)).toHaveLength(count);
});
