import { beforeAll, expect, test } from 'bun:test';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RemoteTrack } from '../../client/index.ts';
import { TcpRelay } from '../client/tcp-relay.ts';
import { run } from '../support/run.ts';
import { startServer, tokenFor, withKeys } from '../support/server.ts';
import { eventually } from '../support/until.ts';
import { seesAndHears, statistics } from './support.ts';
import { useBrowser } from './use-browser.ts';

const held = useBrowser();
const root = join(import.meta.dir, '..', '..');
let examples: string[] = [];
let components: string[] = [];

beforeAll(async () => {
  const guide = await Bun.file(join(root, 'docs', 'client.md')).text();
  examples = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  components = [...guide.matchAll(/```tsx\n(.*?)```/gs)].map(([, code = '']) => code);
});

/** Bundles a script of the page's author, who imports the library by its name, and serves it as a page. */
async function pageOf(code: string): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'tureen-guide-'));
  await Bun.write(join(folder, 'source.ts'), code);
  const { outputs } = await Bun.build({
    entrypoints: [join(folder, 'source.ts')],
    target: 'browser',
    plugins: [
      {
        name: 'the library by its name',
        setup: (build) =>
          void build.onResolve({ filter: /^tureen-client$/ }, () => ({
            path: join(root, 'client', 'index.ts'),
          })),
      },
    ],
  });
  const page = join(folder, 'page');
  await mkdir(page);
  await Bun.write(join(page, 'script.js'), outputs[0] ?? '');
  await cp(join(root, 'client', 'page', 'icon.svg'), join(page, 'icon.svg'));
  await Bun.write(
    join(page, 'index.html'),
    '<!doctype html><title>A guest</title><link rel="icon" href="icon.svg"><script type="module" src="script.js"></script>',
  );
  return { folder: page, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('the first call of the guide has under twenty lines, and is a call', async () => {
  const [first = ''] = examples;
  expect(first.trim().split('\n').length).toBeLessThan(20);
  await using guest = await pageOf(first);
  await using server = await startServer({}, { pageFolder: guest.folder });
  const open = async () => {
    const page = await held.browser.context.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    return page;
  };
  const [one, other] = [await open(), await open()];
  await Promise.all([seesAndHears(one, 1), seesAndHears(other, 1)]);
  await eventually(
    'one video and one audio',
    () => one.locator('video, audio').count(),
    (count) => count === 2,
  );
  await other.close();
  await eventually(
    'none',
    () => one.locator('video, audio').count(),
    (count) => count === 0,
  );
  await held.browser.closePages();
}, 120_000);

test('a page whose token expired gets a fresh one for its reconnect, and the call goes on', async () => {
  const code = `
    import { TureenClient } from 'tureen-client';
    const states = [];
    const client = new TureenClient({ roomId: 'kitchen', peerId: 'alice', token: () => globalThis.freshToken() });
    client.on('state', ({ state }) => states.push(state));
    Object.assign(globalThis, { states });
    await client.join();
    await client.publishCamera();
    await client.publishMicrophone();`;
  await using guest = await pageOf(code);
  // A connection that is resumed needs no token.
  const environment = { ...withKeys, TUREEN_RESUME_SECONDS: '0' };
  await using server = await startServer(environment, { pageFolder: guest.folder });
  using relay = new TcpRelay(server);
  const page = await held.browser.context.newPage();
  const asked: number[] = [];
  // The first token is already too old, as one that lay in a page for a day; so is the first after the break.
  await page.exposeFunction('freshToken', async () => {
    const lifetime = asked.length % 2 === 0 ? -3600 : 60;
    asked.push(lifetime);
    return await tokenFor('kitchen', 'alice', { lifetime });
  });
  await page.goto(`${relay.url}/`);
  const producers = () => server.sfu.rooms.get('kitchen')?.peers.get('alice')?.publications.size;
  await eventually(
    'a published camera',
    async () => producers(),
    (count) => count === 2,
  );
  held.browser.expectProblem(/WebSocket connection to .* failed|ERR_CONNECTION/);
  relay.breakAll();
  const states = () => page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
  await eventually(
    'a call that is back',
    states,
    (seen) => seen.join() === 'connecting,joined,reconnecting,joined',
  );
  await eventually(
    'the camera again',
    async () => producers(),
    (count) => count === 2,
  );
  expect(asked).toEqual([-3600, 60, -3600, 60]);
  await held.browser.closePages();
}, 120_000);

test('a preferred codec is taken when the browser has it, and its layers are switched', async () => {
  const code = `
    import { TureenClient } from 'tureen-client';
    const camera = { codecs: ['unknown', 'vp9'], maxBitrate: 400_000, degradationPreference: 'maintain-framerate' };
    const client = new TureenClient({ roomId: 'kitchen', defaults: { camera } });
    Object.assign(globalThis, { client });
    client.on('trackAdded', ({ track }) => Object.assign(globalThis, { track }));
    await client.join();
    if (location.hash) await client.publishCamera();`;
  await using guest = await pageOf(code);
  await using server = await startServer({}, { pageFolder: guest.folder });
  const [receiver, sender] = [await held.browser.context.newPage(), await held.browser.context.newPage()];
  await receiver.goto(`http://127.0.0.1:${server.port}/`);
  await sender.goto(`http://127.0.0.1:${server.port}/#sends`);
  const seen = async () => (await statistics(receiver)).videos.at(-1)?.width ?? 0;
  const prefer = (spatialLayer: number) =>
    receiver.evaluate(async (layer) => {
      const { track } = globalThis as unknown as { track: RemoteTrack };
      await track.setPreferredLayers({ spatialLayer: layer, temporalLayer: 2 });
      return [track.type, track.layerCounts.spatial, track.consumer.rtpParameters.codecs[0]?.mimeType];
    }, spatialLayer);
  await eventually('a picture', seen, (width) => width > 0);
  expect(await prefer(1)).toEqual(['svc', 2, 'video/VP9']);
  await eventually('the full width', seen, (width) => width === 640);
  await prefer(0);
  await eventually('half the width', seen, (width) => width === 320);
  await held.browser.closePages();
}, 120_000);

test('every example of the guide has the right types', async () => {
  const folder = await mkdtemp(join(root, 'dist', 'guide-'));
  try {
    for (const [index, code] of examples.entries()) await Bun.write(join(folder, `example${index}.ts`), code);
    for (const [index, code] of components.entries())
      await Bun.write(join(folder, `component${index}.tsx`), code);
    expect(components).not.toEqual([]);
    const paths = {
      'tureen-client': [join(root, 'client', 'index.ts')],
      'tureen-client/headless': [join(root, 'client', 'headless.ts')],
      'tureen-client/fake': [join(root, 'client', 'fake.ts')],
      'tureen-react': [join(root, 'packages', 'react', 'src', 'index.ts')],
    };
    const compilerOptions = { paths, jsx: 'react-jsx', jsxImportSource: 'react' };
    const settings = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts', '*.tsx'] };
    await Bun.write(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { exitCode, out } = await run([process.execPath, tsc, '--noEmit', '-p', folder]);
    expect(out).toBe('');
    expect(exitCode).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
