import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Server } from '../../src/app/server.ts';
import { startServer } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { replaceWorker } from '../support/workers.ts';
import { hearsSomething, pageTimeoutMs, seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';
import type { Application } from './v2-application.ts';
import { hum, speak } from './voice.ts';
import { publishByWhip, WhipGuide } from './whip-guide.ts';

setDefaultTimeout(2 * pageTimeoutMs);

interface V2Window {
  readonly Application: typeof Application;
  application: Application;
}

const held = useBrowser();
let guide: WhipGuide;
let server: Server;

/** The try-it page and that of WHIP, and beside them an application on mediasoup-client 2, bundled as applications are. */
beforeAll(async () => {
  guide = await WhipGuide.make();
  const { folder } = guide;
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, 'v2-application.ts')],
    target: 'browser',
    // As the bundlers of that time did.
    define: { global: 'globalThis' },
  });
  await Bun.write(join(folder, 'v2.js'), (await outputs[0]?.text()) ?? '');
  await Bun.write(
    join(folder, 'v2.html'),
    '<!doctype html><title>v2</title><link rel="icon" href="icon.svg"><body><script type="module" src="v2.js"></script>',
  );
  server = await startServer({ TUREEN_EMPTY_ROOM_SECONDS: '0' }, { pageFolder: folder });
});

afterAll(async () => {
  await server.stop();
  await guide[Symbol.asyncDispose]();
});

/** Opens the application, and sends a hum and a picture. */
async function open(
  room: string,
  name: string,
  { form = 'bare', simulcast = false }: { form?: 'bare' | 'protoo'; simulcast?: boolean } = {},
): Promise<Page> {
  const page = await held.browser.context.newPage();
  page.setDefaultTimeout(pageTimeoutMs);
  await page.addInitScript(speak, hum);
  await page.goto(`http://127.0.0.1:${server.port}/v2.html`);
  await page.evaluate(
    async ([room, name, form, simulcast]) => {
      const v2 = window as unknown as V2Window;
      v2.application = await v2.Application.join({ room, name, form });
      await v2.application.send({ simulcast });
    },
    [room, name, form, simulcast] as const,
  );
  return page;
}

function happened(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as V2Window).application.happened);
}

async function waitFor(page: Page, what: string, since = 0): Promise<void> {
  await eventually(
    what,
    async () => (await happened(page)).slice(since),
    (all) => all.some((one) => one.startsWith(what)),
  );
}

test('two pages on mediasoup-client 2 see and hear each other, in either form, and one leaves', async () => {
  const alice = await open('pair', 'alice', { form: 'protoo' });
  const bob = await open('pair', 'bob', { simulcast: true });
  await Promise.all([seesAndHears(alice, 1), seesAndHears(bob, 1)]);
  await Promise.all([hearsSomething(alice), hearsSomething(bob)]);
  await waitFor(alice, 'video of bob: {"source":"webcam"}');
  expect(await happened(alice)).toContainEqual(expect.stringMatching(/^peer bob: .*"favourite":"tea"/));

  await bob.evaluate(() => (window as unknown as V2Window).application.producers.video?.pause('a break'));
  await waitFor(alice, 'video of bob pause: remote "a break"');
  await bob.evaluate(() => (window as unknown as V2Window).application.producers.video?.resume());
  await waitFor(alice, 'video of bob resume: remote');
  await alice.evaluate(() => {
    const { application } = window as unknown as V2Window;
    application.consumer('video')?.setPreferredProfile('low');
    application.consumer('video')?.enableStats(1000);
    application.consumer('audio')?.pause();
    application.producers.audio?.enableStats(1000);
    application.enableTransportStats();
  });
  for (const what of [
    'video of bob profile: low',
    'video of bob stats',
    'own audio stats',
    'transport stats',
  ])
    await waitFor(alice, what);
  const before = (await happened(alice)).length;
  await alice.evaluate(() => {
    const { application } = window as unknown as V2Window;
    application.consumer('video')?.setPreferredProfile('default');
    application.consumer('audio')?.resume();
  });
  await waitFor(alice, 'video of bob profile:', before);
  await seesAndHears(alice, 1);

  await bob.evaluate(() => (window as unknown as V2Window).application.producers.audio?.close());
  await waitFor(alice, 'audio of bob close: remote');
  await bob.evaluate(() => (window as unknown as V2Window).application.leave({ because: 'tea' }));
  await waitFor(alice, 'peer bob closed: remote {"because":"tea"}');
  await waitFor(bob, 'socket closed: 4000 left');
  expect([...server.sfu.room('pair').peers.keys()]).toEqual(['alice']);
});

test('a page on mediasoup-client 2, one of this server and a WHIP publisher are in one call, also after a restart of ICE', async () => {
  const ours = await held.browser.open(server, { name: 'Ours', voice: hum });
  const alice = await open('room', 'alice');
  await publishByWhip({ browser: held.browser, origin: `http://127.0.0.1:${server.port}` });
  await Promise.all([seesAndHears(ours, 2), seesAndHears(alice, 2)]);
  await Promise.all([hearsSomething(ours), hearsSomething(alice)]);
  await ours.waitForFunction(() => document.body.textContent?.includes('alice'));
  await ours.click('#camera');
  await waitFor(alice, 'video of');
  await eventually(
    'a pause of our camera',
    () => happened(alice),
    (all) => all.some((one) => / (pause|close): remote/.test(one)),
  );
  const fragments = async () =>
    await alice.evaluate(() => {
      const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
      return connections.map(
        ({ remoteDescription }) => /ice-ufrag:(\S+)/.exec(remoteDescription?.sdp ?? '')?.[1],
      );
    });
  const former = await fragments();
  await alice.evaluate(() => {
    const { application } = window as unknown as V2Window;
    application.room.restartIce();
  });
  await eventually('new credentials', fragments, (now) =>
    now.every((one, index) => one !== former[index] || !one),
  );
  const { sentFrames } = await statistics(alice);
  await eventually(
    'frames under the new credentials',
    () => statistics(alice),
    (now) => now.connected === 2 && now.sentFrames > sentFrames + 3,
  );
  // The page of the call would look for its server.
  await held.browser.closePages();
});

test('a page is told to come again when its worker dies, and is told of a mute by a moderator', async () => {
  const alice = await open('ends', 'alice');
  const [audio] = [...server.sfu.peer('ends', 'alice').publications.values()].filter(
    ({ info }) => info.kind === 'audio',
  );
  const target = {
    roomId: 'ends',
    peerId: 'alice',
    producerId: audio?.info.id ?? '',
    by: { kind: 'moderator', id: 'mona' },
  } as const;
  await server.sfu.muteProducer(target);
  await waitFor(alice, 'own audio pause: remote');
  server.sfu.allowProducer(target);
  const toggle = () =>
    alice.evaluate(() => {
      const { audio } = (window as unknown as V2Window).application.producers;
      audio?.pause();
      audio?.resume();
    });
  await toggle();
  await waitFor(alice, 'own audio resume: remote');
  expect(audio?.pausedBy.size).toBe(0);
  await replaceWorker(server);
  await waitFor(alice, 'room closed: remote {"reason":"rejoin"');
  await waitFor(alice, 'socket closed: 1012 rejoin');
});
