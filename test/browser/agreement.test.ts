import { expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import { eventually, until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { audioTrack, enter } from '../support/world.ts';
import { callBetweenTwo } from './support.ts';
import { useBrowser } from './use-browser.ts';

const held = useBrowser();
const server = await useServer();

const tiles = (page: Page) => page.locator('#tiles .tile').count();
const texts = (page: Page) => page.locator('.message-text').allTextContents();

test('peers that leave at once leave no tiles', async () => {
  const page = await held.browser.open(server, { room: 'ghosts', name: 'Alice' });
  await page.waitForSelector('#call:not([hidden])');
  const [{ id: viewer = '' } = {}] =
    server.sfu.snapshot().rooms.find(({ id }) => id === 'ghosts')?.peers ?? [];
  const offered: string[] = [];
  server.sfu.events.on('consumerOpened', ({ peerId, producerPeerId }) => {
    if (peerId === viewer) offered.push(producerPeerId);
  });
  const visit = async (peerId: string) => {
    const peer = await enter({ server, roomId: 'ghosts', peerId });
    await peer.client.request('produce', audioTrack(peer.sendTransport, 1));
    await until(() => offered.includes(peerId), 'the offer');
    return peer;
  };
  for (let index = 0; index < 8; index += 1) await (await visit(`ghost ${index}`)).client.close();
  // Tracks are set up one after the other: with this one all before it are done.
  const last = await visit('last');
  await page.waitForSelector('[data-tile="last"]');
  await eventually(
    'the tile of the last one',
    () => tiles(page),
    (count) => count === 2,
  );
  await last.client.close();
  await eventually(
    'no tile but the own one',
    () => tiles(page),
    (count) => count === 1,
  );
  expect(await page.textContent('#call-count')).toBe('1');
});

test('the first messages of a call arrive, and one that was not sent is marked and can be sent again', async () => {
  const [alice, bob] = await callBetweenTwo(held.browser, server, 'words');
  await alice.click('#chat-toggle');
  await bob.click('#chat-toggle');
  const write = async (text: string) => {
    await alice.fill('#chat-text', text);
    await alice.press('#chat-text', 'Enter');
  };
  const ten = Array.from({ length: 10 }, (_, index) => `message ${index}`);
  for (const text of ten) await write(text);
  await eventually(
    'all messages',
    () => texts(bob),
    (seen) => seen.length === 10,
  );
  expect(await texts(bob)).toEqual(ten);
  await eventually(
    'all being sent',
    () => alice.locator('.message.sending').count(),
    (count) => count === 0,
  );
  // As a browser does whose buffer is full, once.
  await alice.evaluate(() => {
    const { prototype } = RTCDataChannel;
    const { send } = prototype;
    prototype.send = () => {
      prototype.send = send;
      throw new DOMException('the buffer is full', 'OperationError');
    };
  });
  await write('not yet');
  await alice.waitForSelector('.message-failed');
  await alice.click('.message-failed button');
  await eventually(
    'the message sent again',
    () => texts(bob),
    (seen) => seen.at(-1) === 'not yet',
  );
  expect(await alice.locator('.message-failed').count()).toBe(0);
});
