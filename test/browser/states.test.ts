import { describe, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { serverActor } from '../../src/core/actors.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
const server = await useServer();

/** What is seen of an element, in one line. */
async function shownText(page: Page, selector: string): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: textContent would join the lines without a space.
  return (await page.innerText(selector)).replace(/\s+/g, ' ');
}

/** What the page tells when it ended, as one text. */
async function ending(page: Page): Promise<string> {
  await page.waitForSelector('#ending:not([hidden])');
  return await shownText(page, '#ending .card');
}

const peerIdOf = (page: Page) => page.evaluate(() => tureen.peerId);

describe('devices', () => {
  test('an unplugged camera is told, and can be turned on again', async () => {
    const { browser } = held;
    const alice = await browser.open(server, { room: 'unplugged', name: 'Alice' });
    const bob = await browser.open(server, { room: 'unplugged', name: 'Bob' });
    await seesAndHears(bob, 1);
    // What a browser does when the device is pulled out.
    await alice.evaluate(() => {
      const track = tureen.publication('camera')?.track;
      track?.stop();
      track?.dispatchEvent(new Event('ended'));
    });
    await alice.waitForSelector(
      '#toasts >> text=Your camera was unplugged. Connect it again or choose another one.',
    );
    await alice.waitForSelector('#camera[aria-pressed=false]');
    await bob.waitForSelector('.tile:has-text("Alice") video[hidden]', { state: 'attached' });
    await alice.click('#toasts >> text=Turn on again');
    await alice.waitForSelector('#camera[aria-pressed=true]');
    await seesAndHears(bob, 1);
  });
});

describe('a call that ends', () => {
  test('by a moderator says so in the moderator’s words, and does not come back by itself', async () => {
    const page = await held.browser.open(server, { room: 'removed', name: 'Alice' });
    const peerId = await peerIdOf(page);
    void server.sfu.removePeer({
      roomId: 'removed',
      peerId,
      reason: 'please keep to the recipe',
      by: serverActor,
    });
    const text = await ending(page);
    expect(text).toContain('You were removed from the call Please keep to the recipe.');
    expect(text).toContain('ask a moderator before you join again');
    expect(server.sfu.rooms.get('removed')?.peers.size).toBe(0);
    await page.click('#ending-back');
    await page.waitForSelector('#entrance:not([hidden])');
  });

  test('because the room was closed says so', async () => {
    const page = await held.browser.open(server, { room: 'closed', name: 'Alice' });
    server.sfu.closeRoom({ roomId: 'closed', by: serverActor });
    expect(await ending(page)).toContain('The call is over');
  });

  test('because a moderator turned the camera off goes on without it', async () => {
    const page = await held.browser.open(server, { room: 'moderated', name: 'Alice' });
    await eventually(
      'sending',
      () => statistics(page),
      ({ sentFrames }) => sentFrames > 0,
    );
    const peerId = await peerIdOf(page);
    const peer = server.sfu.peer('moderated', peerId);
    const microphone = [...peer.publications.values()].find(({ info }) => info.source === 'audio');
    const target = { roomId: 'moderated', peerId, by: serverActor };
    await server.sfu.muteProducer({ ...target, producerId: microphone?.producer.id ?? '' });
    await page.waitForSelector('#microphone[aria-pressed=false]');
    await page.click('#microphone');
    await page.waitForSelector(
      '#toasts >> text=A moderator muted this; wait until a moderator allows it again.',
    );
    server.sfu.setPublish({ ...target, publish: ['audio'] });
    await page.waitForSelector('#toasts >> text=A moderator changed what you may send: now your microphone.');
    server.sfu.notice({ roomId: 'moderated', message: 'Five minutes left', by: serverActor });
    await page.waitForSelector('#toasts >> text=A message of the host: Five minutes left');
  });
});

describe('a call that cannot begin', () => {
  const tryToJoin = async (page: Page) => {
    await page.fill('#name', 'Alice');
    await page.click('#join');
    await page.waitForSelector('#entrance-problem:not([hidden])');
    return await shownText(page, '#entrance-problem');
  };

  test('for the room is full says so', async () => {
    await using small = await startServer({ TUREEN_MAX_PEERS_PER_ROOM: '1' });
    await held.browser.open(small, { name: 'Bob' });
    const page = await held.browser.open(small);
    expect(await tryToJoin(page)).toContain('The room is full');
    await held.browser.closePages();
  });

  test('for the room is locked says so', async () => {
    await held.browser.open(server, { room: 'locked', name: 'Bob' });
    server.sfu.setRoomLocked({ roomId: 'locked', locked: true, by: serverActor });
    const page = await held.browser.open(server, { room: 'locked' });
    expect(await tryToJoin(page)).toContain('The room is locked');
  });

  test('without a token asks for the link, and with an expired one for a new one, which then works', async () => {
    await using closed = await startServer(withKeys);
    const without = await held.browser.open(closed, { room: 'kitchen' });
    const text = await tryToJoin(without);
    expect(text).toContain('You need an invitation A token is needed; ask the application that invited you.');
    const old = await tokenFor('kitchen', 'alice', { lifetime: -3600, name: 'Alice Adams' });
    const page = await held.browser.open(closed, { room: 'kitchen', hash: `#token=${old}` });
    expect(await page.inputValue('#name')).toBe('Alice Adams');
    await page.click('#join');
    await page.waitForSelector('#entrance-problem >> text=The token has expired; ask for a new one.');
    const fresh = await tokenFor('kitchen', 'alice', { name: 'Alice Adams' });
    await Promise.all([
      page.waitForNavigation(),
      page.evaluate((hash) => (location.hash = hash), `token=${fresh}`),
    ]);
    await page.click('#join');
    await page.waitForSelector('#call:not([hidden])');
    await held.browser.closePages();
  });

  test('twice with the same token: the first tab is told that the call goes on elsewhere, and can take it back', async () => {
    await using closed = await startServer(withKeys);
    const hash = `#token=${await tokenFor('kitchen', 'alice', { name: 'Alice' })}`;
    const open = async () => {
      const page = await held.browser.open(closed, { room: 'kitchen', hash });
      await page.click('#join');
      await page.waitForSelector('#call:not([hidden])');
      return page;
    };
    const first = await open();
    const second = await open();
    expect(await ending(first)).toContain('The call goes on elsewhere');
    await first.click('#ending-again');
    await first.waitForSelector('#call:not([hidden])');
    expect(await ending(second)).toContain('The call goes on elsewhere');
    await held.browser.closePages();
  });

  test('for the server is gone says so', async () => {
    const gone = await startServer();
    const page = await held.browser.open(gone);
    await gone.stop();
    held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/);
    expect(await tryToJoin(page)).toContain('The server cannot be reached');
  });
});
