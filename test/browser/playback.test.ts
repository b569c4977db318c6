import { expect, test } from 'bun:test';
import type * as Library from '../../client/index.ts';
import type { TureenClient } from '../../client/index.ts';
import { eventually, until } from '../support/until.ts';
import { useServer } from '../support/use-server.ts';
import { useBrowser } from './use-browser.ts';

// As browsers come: sound plays only where somebody has clicked.
const held = useBrowser({ moreFlags: ['--autoplay-policy=document-user-activation-required'] });
const server = await useServer();

interface Scope {
  readonly client: TureenClient;
}

/** A page that attaches what it hears, with the library as the server gives it to pages without a bundler. */
async function listener(roomId: string) {
  const page = await held.browser.context.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  await page.evaluate(async (room) => {
    const { TureenClient } = (await import(String('/client.js'))) as typeof Library;
    const scope: Scope = { client: new TureenClient({ roomId: room }) };
    Object.assign(globalThis, { scope });
    const { client } = scope;
    client.on('trackAdded', ({ track }) => {
      const player = document.createElement(track.kind);
      document.body.prepend(player);
      track.attach(player);
    });
    await client.join();
  }, roomId);
  return page;
}

async function speaker(roomId: string) {
  const page = await held.browser.context.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  await page.evaluate(async (room) => {
    const { TureenClient } = (await import(String('/client.js'))) as typeof Library;
    const client = new TureenClient({ roomId: room });
    await client.join();
    await client.publishMicrophone();
  }, roomId);
}

/** Playwright evaluates as if the user had clicked, so this page tells by its console what happens to it. */
const untouched = (roomId: string) => `<!doctype html>
  <button id="play">Play</button>
  <script type="module">
    import { TureenClient } from 'http://127.0.0.1:${server.port}/client.js';
    const client = new TureenClient({ url: 'http://127.0.0.1:${server.port}', roomId: '${roomId}' });
    const tell = (what) => console.log(JSON.stringify(what));
    play.onclick = () => client.startPlayback();
    client.on('trackAdded', ({ track }) => {
      const player = document.createElement(track.kind);
      document.body.append(player);
      track.attach(player);
      client.on('playback', async ({ canPlay }) => {
        const state = [canPlay, client.canPlay, track.blocked, player.paused, player.autoplay];
        tell([...state, canPlay ? '' : await client.startPlayback().catch(({ code }) => code)]);
      });
    });
    await client.join();
    tell('joined');
  </script>`;

test('sound that the browser does not play is told, and plays after a click', async () => {
  await using site = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(untouched('blocked'), { headers: { 'content-type': 'text/html' } }),
  });
  await using _pages = held.browser.closingPages();
  const page = await held.browser.context.newPage();
  const told: unknown[] = [];
  page.on('console', (message) => void told.push(JSON.parse(message.text())));
  await page.goto(site.url.href);
  await until(() => told.includes('joined'), 'the call');
  await speaker('blocked');
  await until(() => told.length === 2, 'the refusal');
  // Without a click it is refused again, and says so.
  expect(told[1]).toEqual([false, false, true, true, true, 'permission_denied']);
  await page.locator('#play').click();
  await until(() => told.length === 3, 'the sound');
  expect(told[2]).toEqual([true, true, false, false, true, '']);
});

test('a loudspeaker is chosen for what plays and for what comes later; one that is not there is refused', async () => {
  const page = await listener('speakers');
  await page.locator('body').click({ position: { x: 1, y: 1 } });
  await speaker('speakers');
  const sinks = () =>
    page.evaluate(() => [...document.querySelectorAll('audio')].map(({ sinkId }) => sinkId));
  await eventually('a voice', sinks, (found) => found.length === 1);
  const chosen = await page.evaluate(async () => {
    const { client } = (globalThis as unknown as { scope: Scope }).scope;
    // Browsers name loudspeakers to those who use a microphone.
    await client.publishMicrophone();
    const devices = await navigator.mediaDevices.enumerateDevices();
    const id = devices.findLast(
      ({ kind, deviceId }) => kind === 'audiooutput' && deviceId !== 'default',
    )?.deviceId;
    const missing = await client.switchDevice('speaker', 'nowhere').then(String, (error) => error.code);
    if (id) await client.switchDevice('speaker', id);
    return { id, missing };
  });
  expect(chosen).toEqual({ id: expect.any(String), missing: 'device_missing' });
  const { id = '' } = chosen;
  await speaker('speakers');
  await eventually('both on it', sinks, (found) => found.length === 2 && found.every((sink) => sink === id));
});
