import { expect, setDefaultTimeout, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Glob } from 'bun';
import { outsideProject } from '../support/outside-project.ts';
import { startServer, testKey, testSecret, withKeys } from '../support/server.ts';
import { usePackages } from './use-packages.ts';

// Compilers and bundlers take their time where other tests take the processor.
setDefaultTimeout(300_000);

const bun = process.execPath;
const { packages, tarballsOf } = usePackages();

test('each package has compiled modules with types and maps, a readme and a licence, and nothing of the server', async () => {
  const built = await packages();
  expect(built.map(({ name }) => name)).toEqual(['tureen-client', 'tureen-server-sdk', 'tureen-react']);
  for (const { name, folder, size } of built) {
    const files = [...new Glob('**/*').scanSync(folder)].sort();
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    const modules = files.filter((file) => file.endsWith('.js'));
    expect(modules.length, name).toBeGreaterThan(3);
    for (const module of modules) {
      expect(files).toContain(module.replace(/\.js$/, '.d.ts'));
      const map = await Bun.file(join(folder, `${module}.map`)).json();
      expect(map.sourcesContent?.[0]?.length, module).toBeGreaterThan(20);
    }
    const { dependencies = {}, peerDependencies = {} } = await Bun.file(join(folder, 'package.json')).json();
    const named = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    for (const file of files.filter((file) => /\.(js|d\.ts)$/.test(file))) {
      const text = await Bun.file(join(folder, file)).text();
      const from = [...text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)].map(
        ([, specifier = '']) => specifier,
      );
      for (const specifier of from) {
        if (specifier.startsWith('.')) expect(specifier, file).toEndWith('.js');
        else expect(named, `${name}/${file}`).toContain(specifier.split('/')[0] ?? '');
      }
    }
    expect(size).toMatch(/^\d+\.\d kB compressed/);
  }
  expect(
    Object.keys((await Bun.file(join(built[0]?.folder ?? '', 'package.json')).json()).dependencies),
  ).toEqual(['mediasoup-client']);
});

test('a webpack project with ts-loader builds without a complaint', async () => {
  await using project = await outsideProject('webpack', await tarballsOf('tureen-client'));
  const script = `require('webpack')(require('./webpack.config.js'), (error, stats) => {
    console.log(error ?? stats.toString({ all: false, errors: true, warnings: true }));
    process.exit(error || stats.hasErrors() ? 1 : 0);
  });`;
  const printed = await project.succeed(bun, '-e', script);
  expect(printed).not.toMatch(/TS\d{4}|ERROR/);
  expect(await Bun.file(join(project.folder, 'dist', 'main.js')).exists()).toBe(true);
});

test('a Next.js project builds, with the call rendered on the server and tokens made there', async () => {
  const tarballs = await tarballsOf('tureen-client', 'tureen-react', 'tureen-server-sdk');
  await using project = await outsideProject('next', tarballs);
  const printed = await project.succeed(bun, project.module('next/dist/bin/next'), 'build');
  expect(printed).toContain('/token');
  const page = await Bun.file(join(project.folder, '.next', 'server', 'app', 'index.html')).text();
  expect(page).toContain('tureen-participants');
});

test('a Node.js project has the types without those of browsers, and calls a server', async () => {
  await using server = await startServer(withKeys);
  await using project = await outsideProject('node', await tarballsOf('tureen-server-sdk'));
  await project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
  // A machine may have Bun only.
  const runtime = Bun.which('node') ?? bun;
  const address = `http://127.0.0.1:${server.port}`;
  const printed = await project.succeed(runtime, 'out/main.js', address, testKey, testSecret);
  expect(JSON.parse(printed)).toEqual({
    id: 'a/b ?',
    options: { maxPeers: 3 },
    late: 'precondition_failed',
    closed: 'undefined',
    token: 3,
  });
});

test('a React application is tested with the fake server, without a server and devices', async () => {
  await using project = await outsideProject('fake', await tarballsOf('tureen-client', 'tureen-react'));
  await project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
  const runtime = Bun.which('node') ?? bun;
  expect(JSON.parse(await project.succeed(runtime, 'run.js'))).toEqual({
    attached: true,
    told: { seat: '4' },
    arrived: 'microphone',
    refused: true,
  });
});

test('every example in the readmes has the right types in a project that has installed the packages', async () => {
  const built = await packages();
  await using project = await outsideProject(
    'vite-react',
    built.map(({ tarball }) => tarball),
  );
  await rm(join(project.folder, 'src'), { recursive: true });
  let count = 0;
  for (const { name, folder } of built) {
    const readme = await Bun.file(join(folder, 'README.md')).text();
    for (const [, language = '', code = ''] of readme.matchAll(/```(tsx?)\n(.*?)```/gs)) {
      count += 1;
      await Bun.write(join(project.folder, 'src', `${name}-${count}.${language}`), code);
    }
  }
  expect(count).toBe(4);
  await project.succeed(bun, project.module('typescript/bin/tsc'), '-p', '.');
});
