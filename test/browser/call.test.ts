import { describe, expect, test } from 'bun:test';
import type { Page } from 'playwright-core';
import type { TureenClient } from '../../client/index.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { killWorker } from '../support/workers.ts';
import { callBetweenTwo, pageTimeoutMs, seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';

/** The page puts its client there, for the console. */
declare const tureen: TureenClient;

const held = useBrowser();
const server = await useServer();

const callOfTwo = (room: string) => callBetweenTwo(held.browser, server, room);

/** The frames that a page has decoded of all others. */
async function frames(page: Page): Promise<number> {
  return (await statistics(page)).videos.reduce((sum, video) => sum + video.frames, 0);
}

async function framesGoOn(page: Page): Promise<void> {
  const before = await frames(page);
  await eventually(
    'more frames',
    () => frames(page),
    (count) => count > before + 5,
  );
}

describe('a call in real browsers', () => {
  test('two tabs in a room see and hear each other, and a third that joins late sees and hears both', async () => {
    const [alice, bob] = await callOfTwo('three');
    const carol = await held.browser.open(server, { room: 'three', name: 'Carol' });
    await seesAndHears(carol, 2);
    await Promise.all([seesAndHears(alice, 2), seesAndHears(bob, 2)]);
  });

  test('a switch of the simulcast layer changes the resolution that arrives', async () => {
    const [alice] = await callOfTwo('layers');
    const width = async () => (await statistics(alice)).videos[0]?.width ?? 0;
    const prefer = (spatialLayer: number) =>
      alice.evaluate(async (layer) => {
        const [peer] = tureen.peers.values();
        await peer?.track('camera')?.setPreferredLayers({ spatialLayer: layer, temporalLayer: 2 });
      }, spatialLayer);
    await prefer(1);
    await eventually('the full width', width, (value) => value === 640);
    await prefer(0);
    await eventually('half the width', width, (value) => value === 320);
    await prefer(1);
    await eventually('the full width again', width, (value) => value === 640);
  });

  test('muting and the camera stop what the other receives, and start it again', async () => {
    const [alice, bob] = await callOfTwo('mute');
    const muted = (source: 'camera' | 'microphone') =>
      bob.evaluate((name) => [...tureen.peers.values()][0]?.track(name)?.muted, source);
    for (const source of ['microphone', 'camera'] as const) {
      await alice.click(`#${source}`);
      await eventually(
        `a muted ${source}`,
        () => muted(source),
        (value) => value === true,
      );
    }
    const quiet = async () => {
      const before = await statistics(bob);
      // Nothing tells of packets that do not come, so that time has to pass between the two readings.
      await bob.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
      const after = await statistics(bob);
      return (
        before.videos[0]?.frames === after.videos[0]?.frames &&
        before.audioPackets[0]?.packets === after.audioPackets[0]?.packets
      );
    };
    await eventually('silence and no picture', quiet, (value) => value);
    for (const source of ['microphone', 'camera'] as const) {
      await alice.click(`#${source}`);
      await eventually(
        `a ${source} that is on`,
        () => muted(source),
        (value) => value === false,
      );
    }
    await seesAndHears(bob, 1);
  });

  test('what one writes the other reads', async () => {
    const [alice, bob] = await callOfTwo('chat');
    await alice.click('#chat-toggle');
    await alice.fill('#chat-text', 'Is the soup ready? <b>&amp;</b>');
    await alice.press('#chat-text', 'Enter');
    // Who does not look is told, and what told it does not cover what it told of.
    await bob.waitForSelector('.toast >> text=Is the soup ready?');
    await bob.click('#chat-toggle');
    expect(await bob.locator('.toast', { hasText: 'soup' }).count()).toBe(0);
    await bob.waitForSelector('#messages >> text=Is the soup ready? <b>&amp;</b>');
    await bob.fill('#chat-text', 'It is.');
    await bob.press('#chat-text', 'Enter');
    await alice.waitForSelector('#messages >> text=It is.');
  });

  test('media goes on through an ICE restart', async () => {
    const [alice] = await callOfTwo('ice');
    const credentials = () =>
      alice.evaluate(() =>
        (globalThis as unknown as { connections: RTCPeerConnection[] }).connections
          .filter(({ connectionState }) => connectionState === 'connected')
          .map(({ remoteDescription }) => /a=ice-ufrag:(\S+)/.exec(remoteDescription?.sdp ?? '')?.[1]),
      );
    const before = await credentials();
    await alice.evaluate(() => tureen.restartIce());
    const after = await credentials();
    expect(before).toHaveLength(2);
    for (const [index, ufrag] of before.entries()) expect(after[index]).not.toBe(ufrag);
    await seesAndHears(alice, 1);
  });

  test('when the media worker is killed, media flows again within two seconds with nobody touching anything', async () => {
    const [alice, bob] = await callOfTwo('killed');
    const watching = Promise.all([longestGap(alice), longestGap(bob)]);
    for (const page of [alice, bob]) await page.waitForFunction(() => 'watching' in globalThis);
    killWorker(server);
    const gaps = await watching;
    console.log(`no new frame for ${gaps.join(' and ')} ms`);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(100);
      expect(gap).toBeLessThan(2000);
    }
    await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  });

  test('who leaves is gone for the others at once, and can come again', async () => {
    const [alice, bob] = await callOfTwo('leave');
    await alice.click('#leave');
    await alice.waitForSelector('#ending >> text=You left the call');
    await bob.waitForSelector('.tile >> text=Alice', { state: 'detached' });
    await alice.click('#ending-again');
    await seesAndHears(bob, 1);
    await framesGoOn(alice);
  });
});

describe('a server with keys', () => {
  test('refuses a token for another room and says so, and lets a token for this room in', async () => {
    await using closed = await startServer(withKeys);
    const { browser } = held;
    const token = await tokenFor('kitchen', 'alice');
    const page = await browser.open(closed, { room: 'pantry', hash: `#token=${token}` });
    await page.fill('#name', 'Alice');
    await page.click('#join');
    await page.waitForSelector('#entrance-problem >> text=The token is for another room');
    const right = await browser.open(closed, { room: 'kitchen', hash: `#token=${token}`, name: 'Alice' });
    await eventually(
      'sending',
      () => statistics(right),
      ({ sentFrames }) => sentFrames > 0,
    );
    // Before the server ends, else the pages would try to connect again, which the console tells as an error.
    await browser.closePages();
  });
});

/**
 * Milliseconds for which no new frame came while one stream of video took the place of another, by a clock of the page
 * that is as slow as the page itself where a machine is busy with other things.
 */
async function longestGap(page: Page): Promise<number> {
  return await page.evaluate(async (limit) => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const frames = new Map<number, number>();
    const startedAt = performance.now();
    const tick = 20;
    let time = 0;
    const clock = setInterval(() => {
      time += tick;
    }, tick);
    let last = time;
    let longest = 0;
    let framesOfNewStream = 0;
    while (framesOfNewStream < 10 && performance.now() - startedAt < limit) {
      for (const connection of connections.filter(({ connectionState }) => connectionState !== 'closed')) {
        for (const entry of (await connection.getStats()).values()) {
          if (entry.type !== 'inbound-rtp' || entry.kind !== 'video' || entry.ssrc === 1234) continue;
          const decoded: number = entry.framesDecoded ?? 0;
          const more = decoded - (frames.get(entry.ssrc) ?? 0);
          if (more <= 0) continue;
          longest = Math.max(longest, time - last);
          last = time;
          if (frames.size > (frames.has(entry.ssrc) ? 1 : 0)) framesOfNewStream += more;
          frames.set(entry.ssrc, decoded);
          Object.assign(globalThis, { watching: true });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, tick));
    }
    clearInterval(clock);
    return longest;
  }, pageTimeoutMs);
}
