import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { seesAndHears } from '../browser/support.ts';
import { useBrowser } from '../browser/use-browser.ts';
import { type OutsideProject, outsideProject } from '../support/outside-project.ts';
import { serveFolder } from '../support/serve-folder.ts';
import { startServer } from '../support/server.ts';
import { useServer } from '../support/use-server.ts';
import { usePackages } from './use-packages.ts';

// Compilers and bundlers take their time where other tests take the processor.
setDefaultTimeout(300_000);

const held = useBrowser();
const server = await useServer();
const bun = process.execPath;
const { tarballsOf } = usePackages();
const axe = await Bun.file(Bun.resolveSync('axe-core/axe.min.js', import.meta.dir)).text();

const typeCheck = (project: OutsideProject) =>
  project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
const build = (project: OutsideProject) => project.succeed(bun, project.module('vite/bin/vite.js'), 'build');

const serve = (project: OutsideProject) => serveFolder(join(project.folder, 'dist'));

async function open(site: { url: URL }, query: Record<string, string>) {
  const page = await held.browser.context.newPage();
  const search = new URLSearchParams({ server: `http://127.0.0.1:${server.port}`, ...query });
  await page.goto(`${site.url}?${search}`);
  return page;
}

test('two people call each other in a fresh Vite project, served at another port than the server', async () => {
  await using project = await outsideProject('vite-vanilla', await tarballsOf('tureen-client'));
  await Promise.all([typeCheck(project), build(project)]);
  await using site = serve(project);
  await using _pages = held.browser.closingPages();
  const ann = await open(site, { room: 'vanilla', name: 'Ann' });
  const ben = await open(site, { room: 'vanilla', name: 'Ben' });
  await Promise.all([seesAndHears(ann, 1), seesAndHears(ben, 1)]);
  expect(await ann.title()).toBe('joined');
  await ann.evaluate(() =>
    (globalThis as unknown as { client: { sendChat(text: string): Promise<void> } }).client.sendChat('Hello'),
  );
  await ben.getByText('Ann: Hello').waitFor();
});

test('a page that the server does not let in is told its own origin and what would allow it', async () => {
  await using project = await outsideProject('vite-vanilla', await tarballsOf('tureen-client'));
  await build(project);
  await using site = serve(project);
  await using strict = await startServer({ TUREEN_API_KEY: 'key', TUREEN_API_SECRET: 'x'.repeat(32) });
  await using _pages = held.browser.closingPages();
  const page = await open(site, { server: `http://127.0.0.1:${strict.port}`, room: 'vanilla', name: 'Ann' });
  await page.waitForFunction(() => document.title.includes(':'));
  const { origin } = site.url;
  expect(await page.title()).toStartWith(
    `foreign_origin: pages of ${origin} may not connect; name it in TUREEN_ALLOWED_ORIGINS`,
  );
});

test('a React project has a call of two people by components alone, in strict mode, and axe finds nothing', async () => {
  await using project = await outsideProject('vite-react', await tarballsOf('tureen-client', 'tureen-react'));
  await Promise.all([typeCheck(project), build(project)]);
  await using site = serve(project);
  await using _pages = held.browser.closingPages();
  const ann = await open(site, { room: 'react', name: 'Ann' });
  await ann.getByText('joined, 0 others').waitFor();
  const ben = await open(site, { room: 'react', name: 'Ben' });
  // React's strict mode mounts everything twice; the server saw each of them once.
  await ann.getByText('joined, 1 others').waitFor();
  expect([...server.sfu.room('react').peers.values()].map(({ displayName }) => displayName).sort()).toEqual([
    'Ann',
    'Ben',
  ]);
  for (const page of [ann, ben])
    for (const name of ['Microphone', 'Camera'])
      await page.getByRole('button', { name, pressed: false }).click();
  await Promise.all([seesAndHears(ann, 1), seesAndHears(ben, 1)]);
  await ann.getByRole('button', { name: 'Camera', pressed: true }).waitFor();
  await ann.getByText('1 cameras').waitFor();
  await ben.getByRole('textbox', { name: 'Message' }).fill('Hello');
  await ben.getByRole('button', { name: 'Send' }).click();
  await ann.getByRole('log').getByText('Hello').waitFor();
  await ben.getByRole('log').getByText('Hello').waitFor();
  await ann.evaluate(axe);
  const findings = await ann.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
    return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  });
  expect(findings).toEqual([]);
  await ann.getByRole('button', { name: 'Camera', pressed: true }).click();
  await ben.getByText('0 cameras').or(ben.getByText('1 cameras')).first().waitFor();
  await ben.getByRole('button', { name: 'Leave' }).click();
  await ben.getByText('The call is over: left').waitFor();
  await ann.getByText('joined, 0 others').waitFor();
});

test('a page without a bundler loads the library from the server, with its integrity', async () => {
  const address = `http://127.0.0.1:${server.port}/client.js`;
  const hash = new Bun.CryptoHasher('sha384').update(await (await fetch(address)).bytes()).digest('base64');
  const pageWith = (integrity: string) => `<!doctype html><title>wait</title>
    <link rel="modulepreload" href="${address}" integrity="sha384-${integrity}" crossorigin>
    <script type="importmap">{"integrity": {"${address}": "sha384-${integrity}"}}</script>
    <script type="module">
      import { TureenClient } from '${address}';
      const client = new TureenClient({ url: '${address.replace('/client.js', '')}', roomId: 'plain' });
      await client.join();
      document.title = client.state;
    </script>`;
  await using site = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) =>
      url.endsWith('.ico')
        ? new Response(null, { status: 204 })
        : new Response(
            pageWith(
              url.endsWith('/good') ? hash : hash.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
            ),
            {
              headers: { 'content-type': 'text/html' },
            },
          ),
  });
  await using _pages = held.browser.closingPages();
  const page = await held.browser.context.newPage();
  await page.goto(`${site.url}good`);
  await page.waitForFunction(() => document.title === 'joined');
  held.browser.expectProblem(/integrity/i);
  await page.goto(`${site.url}bad`, { waitUntil: 'load' });
  expect(await page.title()).toBe('wait');
});
