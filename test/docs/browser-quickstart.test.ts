import { expect, setDefaultTimeout, test } from 'bun:test';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { seesAndHears } from '../browser/support.ts';
import { useBrowser } from '../browser/use-browser.ts';
import { usePackages } from '../packages/use-packages.ts';
import { outsideProject } from '../support/outside-project.ts';
import { freePort } from '../support/port.ts';
import { serveFolder } from '../support/serve-folder.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

// Compilers and bundlers take their time where other tests take the processor.
setDefaultTimeout(300_000);

const held = useBrowser();
const { tarballsOf } = usePackages();
const bun = process.execPath;
const root = join(import.meta.dir, '..', '..');
const guide = await Bun.file(join(root, 'docs', 'quickstart.md')).text();
const examples = join(root, 'examples');

/** The code of a step, by the language it is in. */
function block(language: string, beginning = ''): string {
  const blocks = [...guide.matchAll(/```(\w+)\n(.*?)```/gs)];
  const found = blocks.find(([, name, code]) => name === language && code?.startsWith(beginning));
  if (!found?.[2]) throw new Error(`docs/quickstart.md has no ${language} that begins with ${beginning}`);
  return found[2];
}

/** What the first step exports. */
function settings(): Record<string, string> {
  const words = [...block('sh', 'export').matchAll(/([A-Z_]+)=(\S+)/g)];
  return Object.fromEntries(words.map(([, name = '', value = '']) => [name, value]));
}

async function openAs(name: string, url: string): Promise<Page> {
  const page = await held.browser.context.newPage();
  page.on('dialog', (dialog) => void dialog.accept(name));
  await page.goto(url);
  return page;
}

test('the files of the quick start are those of the example', async () => {
  for (const [language, name] of [
    ['js', 'server.mjs'],
    ['html', 'index.html'],
  ] as const)
    expect(block(language)).toBe(await Bun.file(join(examples, 'plain-html', name)).text());
});

test('the steps of the quick start end in a call, on a page without a bundler and in React', async () => {
  await using react = await outsideProject('vite-react', await tarballsOf('tureen-client', 'tureen-react'));
  await using site = serveFolder(join(react.folder, 'dist'));
  const port = await freePort();
  const environment = settings();
  const { TUREEN_API_KEY, TUREEN_API_SECRET, TUREEN_ALLOWED_ORIGINS = '' } = environment;
  expect(TUREEN_ALLOWED_ORIGINS.split(',')).toEqual(['http://localhost:4000', 'http://localhost:5173']);
  await using server = await startServer({
    ...environment,
    TUREEN_ALLOWED_ORIGINS: `http://localhost:${port},${site.url.origin}`,
  });
  const moved = (text: string) =>
    text
      .replaceAll('http://localhost:3000', `http://localhost:${server.port}`)
      .replaceAll('http://localhost:4000', `http://localhost:${port}`)
      .replaceAll('http://localhost:5173', site.url.origin);

  await using own = await outsideProject('node', await tarballsOf('tureen-server-sdk'));
  // What the fourth step adds for its pages.
  const [, allow = ''] = /`(response\.setHeader\(.*?\))`/.exec(guide) ?? [];
  expect(allow).toContain('Access-Control-Allow-Origin');
  const givesTokens = block('js').replace(
    '  response.end(await mint',
    `  ${allow};\n  response.end(await mint`,
  );
  await Bun.write(join(own.folder, 'server.mjs'), moved(givesTokens));
  await Bun.write(join(own.folder, 'index.html'), moved(block('html')));
  expect(block('sh', 'TUREEN_API_KEY')).toBe(
    `TUREEN_API_KEY=${TUREEN_API_KEY} TUREEN_API_SECRET=${TUREEN_API_SECRET} node server.mjs\n`,
  );
  const tokens = Bun.spawn([Bun.which('node') ?? bun, 'server.mjs'], {
    cwd: own.folder,
    env: { ...process.env, TUREEN_API_KEY, TUREEN_API_SECRET, PORT: String(port) },
    stdout: 'ignore',
    stderr: 'inherit',
  });
  await using _tokens = {
    async [Symbol.asyncDispose]() {
      tokens.kill();
      await tokens.exited;
    },
  };
  const answers = () =>
    fetch(`http://localhost:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(answers, 'the server of tokens');
  await using _pages = held.browser.closingPages();
  const page = `http://localhost:${port}/`;
  const [ann, ben] = [await openAs('Ann', page), await openAs('Ben', page)];
  await Promise.all([seesAndHears(ann, 1), seesAndHears(ben, 1)]);
  expect([...server.sfu.room('kitchen').peers.keys()].sort()).toEqual(['Ann', 'Ben']);

  await Bun.write(join(react.folder, 'src', 'App.tsx'), moved(block('tsx')));
  const entry = `import { createRoot } from 'react-dom/client';
    import App from './App.tsx';
    createRoot(document.body).render(<App />);`;
  await Bun.write(join(react.folder, 'src', 'main.tsx'), entry);
  // Vite's own template allows imports by their whole names.
  await react.succeed(bun, react.module('typescript/bin/tsc'), '-p', '.', '--allowImportingTsExtensions');
  await react.succeed(bun, react.module('vite/bin/vite.js'), 'build');
  const cid = await openAs('Cid', site.url.href);
  await cid.getByRole('button', { name: 'Join' }).click();
  await cid.getByRole('status').getByText('joined').waitFor();
  await cid.getByRole('listitem').filter({ hasText: 'Ben' }).waitFor();
  await cid.getByRole('button', { name: 'Camera' }).click();
  await cid.getByRole('button', { name: 'Microphone' }).click();
  await Promise.all([seesAndHears(cid, 2), seesAndHears(ann, 2)]);
});

test('the React example has a lobby, a call with devices, a shared screen and chat, and says why it ended', async () => {
  await using project = await outsideProject('vite-react', await tarballsOf('tureen-client', 'tureen-react'));
  const folder = join(examples, 'react-call');
  for (const name of ['src', 'index.html', 'tsconfig.json'])
    await cp(join(folder, name), join(project.folder, name), { recursive: true, force: true });
  await project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
  await project.succeed(bun, project.module('vite/bin/vite.js'), 'build');
  await using server = await startServer();
  await using site = serveFolder(join(project.folder, 'dist'));
  await using _pages = held.browser.closingPages();
  const open = async (name: string) => {
    const page = await openAs(name, `${site.url}?server=http://127.0.0.1:${server.port}`);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Join' }).click();
    return page;
  };
  const ann = await open('Ann');
  await ann.getByText('Nobody else is here yet.').waitFor();
  const ben = await open('Ben');
  await Promise.all([seesAndHears(ann, 1), seesAndHears(ben, 1)]);
  await ann.getByText('2 people are here.').waitFor();
  await ann.getByText('Devices').click();
  await ann.getByRole('combobox', { name: 'Camera' }).selectOption({ index: 0 });
  await ben.getByRole('button', { name: 'Share screen' }).click();
  await ann.getByLabel('Screen of Ben').waitFor();
  await ben.getByRole('button', { name: 'Share screen', pressed: true }).click();
  await ann.getByLabel('Screen of Ben').waitFor({ state: 'detached' });
  await ann.getByRole('textbox', { name: 'Message' }).fill('Soup?');
  await ann.getByRole('textbox', { name: 'Message' }).press('Enter');
  await ben.getByRole('log').getByText('Soup?').waitFor();
  const removed = [...server.sfu.room('kitchen').peers.values()].find((peer) => peer.displayName === 'Ben');
  const by = { kind: 'moderator', id: 'ann' } as const;
  void server.sfu.removePeer({ roomId: 'kitchen', peerId: removed?.id ?? '', reason: 'Too salty', by });
  await ben.getByRole('alert').getByText('Too salty').waitFor();
  await ann.getByText('Nobody else is here yet.').waitFor();
});
