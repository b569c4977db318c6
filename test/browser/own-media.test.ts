import { expect, test } from 'bun:test';
import type * as Library from '../../client/index.ts';
import type { Publication, TureenClient } from '../../client/index.ts';
import { useServer } from '../support/use-server.ts';
import { useBrowser } from './use-browser.ts';

const held = useBrowser({ moreFlags: ['--use-fake-device-for-media-stream=device-count=2'] });
const server = await useServer();

/** What the pages of these tests have beside the library. */
interface Scope {
  readonly client: TureenClient;
  /** Every track that was opened, whoever has it now. */
  readonly opened: MediaStreamTrack[];
  /** While it is set, devices take until it resolves. */
  opening?: Promise<void>;
}

/** A page in a call, with the library as the server gives it to pages without a bundler. */
async function joined(roomId: string) {
  const page = await held.browser.context.newPage();
  await page.goto(`http://127.0.0.1:${server.port}/`);
  await page.evaluate(async (room) => {
    const { TureenClient } = (await import(String('/client.js'))) as typeof Library;
    const scope: Scope = { client: new TureenClient({ roomId: room, displayName: 'Ann' }), opened: [] };
    Object.assign(globalThis, { scope });
    const devices = navigator.mediaDevices;
    for (const name of ['getUserMedia', 'getDisplayMedia'] as const) {
      const open = devices[name].bind(devices);
      devices[name] = async (constraints) => {
        const stream = await open(constraints);
        scope.opened.push(...stream.getTracks());
        await scope.opening;
        return stream;
      };
    }
    await scope.client.join();
  }, roomId);
  return page;
}

test('who leaves while the camera opens leaves no camera on, and after the end every call is refused', async () => {
  const page = await joined('leaving');
  const found = await page.evaluate(async () => {
    const { scope } = globalThis as unknown as { scope: Scope };
    const { client, opened } = scope;
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'done',
        (error: { code?: string }) => String(error.code),
      );
    await client.openChannel('cursor');
    await client.sendChat('Hello');
    let open = () => {};
    scope.opening = new Promise((resolve) => {
      open = resolve;
    });
    const publishing = codeOf(client.publishCamera());
    const asked = new Promise<void>((resolve) => {
      const look = () => (opened.length > 0 ? resolve() : requestAnimationFrame(look));
      look();
    });
    await asked;
    await client.leave();
    open();
    const codes = [await publishing];
    const live = opened.filter(({ readyState }) => readyState === 'live').length;
    const before = opened.length;
    codes.push(
      await codeOf(client.publishCamera()),
      await codeOf(client.publishMicrophone()),
      await codeOf(client.publishScreen()),
      await codeOf(client.openChannel('cursor')),
      await codeOf(client.openChannel('another')),
      await codeOf(client.sendChat('Hello?')),
      await codeOf(client.setDisplayName('Bea')),
      await codeOf(client.raiseHand()),
      await codeOf(client.react('clap')),
      await codeOf(client.muteAll()),
      await codeOf(client.subscribe('x')),
      await codeOf(client.restartIce()),
    );
    return { codes, live, openedLater: opened.length - before, name: client.displayName };
  });
  expect(found).toEqual({ codes: Array(13).fill('not_joined'), live: 0, openedLater: 0, name: 'Ann' });
});

test('a camera that is published twice is one camera', async () => {
  const page = await joined('twice');
  const found = await page.evaluate(async () => {
    const { client, opened } = (globalThis as unknown as { scope: Scope }).scope;
    const [one, other] = await Promise.all([client.publishCamera(), client.publishCamera()]);
    const third = await client.publishCamera();
    return [one === other, one === third, client.publications.size, opened.length];
  });
  expect(found).toEqual([true, true, 1, 1]);
  expect(
    server.sfu.peer('twice', [...server.sfu.room('twice').peers.keys()][0] ?? '').publications.size,
  ).toBe(1);
});

test('a chosen camera stays the chosen one when it is turned off and on, and when it is published again', async () => {
  const page = await joined('devices');
  const found = await page.evaluate(async () => {
    const { client } = (globalThis as unknown as { scope: Scope }).scope;
    const idOf = ({ track }: Publication) => track.getSettings().deviceId ?? '';
    const camera = await client.publishCamera({ facingMode: 'user' });
    const first = idOf(camera);
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(
      ({ kind }) => kind === 'videoinput',
    );
    const second = cameras.find(({ deviceId }) => deviceId !== first)?.deviceId ?? '';
    const seen = [];
    const offAndOn = async (publication: Publication) => {
      await publication.pause({ release: true });
      await publication.resume();
      return idOf(publication) === second ? 'second' : 'first';
    };
    await client.switchDevice('camera', second);
    seen.push(idOf(camera) === second, await offAndOn(camera));
    await client.switchDevice('camera', first);
    seen.push(await offAndOn(camera));
    await camera.setDevice(second);
    seen.push(await offAndOn(camera));
    // A track that the application gave in its place is remembered as well.
    const stream = await navigator.mediaDevices.getUserMedia({ video: { deviceId: { exact: first } } });
    const [track] = stream.getTracks();
    if (track) await camera.replaceTrack(track);
    seen.push(await offAndOn(camera));
    await client.switchDevice('camera', second);
    await camera.close();
    seen.push(idOf(await client.publishCamera()) === second);
    const missing = await client.switchDevice('camera', 'nowhere').then(String, (error) => error.code);
    return [cameras.length > 1, seen, missing];
  });
  expect(found).toEqual([true, [true, 'second', 'first', 'second', 'first', true], 'device_missing']);
});

test('a shared screen has its picture by name, and says when the browser’s own bar ended it', async () => {
  const page = await joined('screen');
  const found = await page.evaluate(async () => {
    const { client } = (globalThis as unknown as { scope: Scope }).scope;
    const share = await client.publishScreen();
    const [first] = share;
    const kinds = [share.video.track.kind, share.audio?.track.kind ?? 'audio', first === share.video];
    const ended = share.video.once('ended');
    share.video.track.stop();
    share.video.track.dispatchEvent(new Event('ended'));
    const { reason } = await ended;
    const again = await client.publishScreen();
    const sizes = [client.publications.size > 0];
    await again.close();
    return [kinds, reason, [...sizes, client.publications.size]];
  });
  expect(found).toEqual([['video', 'audio', true], 'ended_by_user', [true, 0]]);
});
