import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodes } from '../src/core/errors.ts';
import { methods } from '../src/signaling/methods/index.ts';
import { circles, importsOf, type SourceFile, sourceFiles } from './support/imports.ts';

const root = join(import.meta.dir, '..');

const everything = ['*'];

/**
 * Who may import whom (docs/decisions/0001-structure.md), types too. The key that is the longest beginning of a path
 * owns the file. A folder may always import itself, and a folder below one that is named.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/config': ['src/core'],
  'src/store': ['src/core', 'src/config'],
  'src/access': ['src/core', 'src/config'],
  'src/host': ['src/core', 'src/config', 'worker/recipe.ts'],
  'src/sfu': ['src/core'],
  'src/commands': ['src/sfu', 'src/store', 'src/core'],
  'src/wire': ['src/core'],
  'src/public-events': ['src/sfu', 'src/core'],
  'src/timelines': [
    'src/sfu/events.ts',
    'src/sfu/remote-events.ts',
    'src/sfu/rooms/read-model.ts',
    'src/signaling/events.ts',
    'src/store',
    'src/core',
  ],
  'src/cluster': ['src/commands', 'src/sfu', 'src/store', 'src/wire', 'src/core', 'src/config'],
  'src/signaling': ['src/commands', 'src/sfu', 'src/access', 'src/wire', 'src/core', 'src/config'],
  'src/whip': [
    'src/commands',
    'src/sfu',
    'src/signaling/events.ts',
    'src/access',
    'src/wire',
    'src/core',
    'src/config',
  ],
  'src/legacy': [
    'src/sfu',
    'src/signaling/counts.ts',
    'src/signaling/events.ts',
    'src/access',
    'src/wire',
    'src/core',
    'src/config',
  ],
  'src/broadcasters': ['src/commands', 'src/sfu', 'src/access', 'src/wire', 'src/core', 'src/config'],
  // Only what programs hold and their endpoints touch objects of the domain; the other operations read and command.
  'src/operations': [
    'src/operations/holdings',
    'src/cluster/reads',
    'src/commands',
    'src/sfu/sfu.ts',
    'src/sfu/rooms/snapshot.ts',
    'src/sfu/rooms/read-model.ts',
    'src/sfu/rooms/room-options.ts',
    'src/timelines/courses.ts',
    'src/access',
    'src/store',
    'src/wire',
    'src/core',
    'src/config',
  ],
  'src/operations/holdings': ['src/sfu', 'src/access', 'src/core'],
  'src/operations/table/endpoints': ['src/operations', 'src/sfu', 'src/wire', 'src/core'],
  'src/operations/table/index.ts': ['src/operations'],
  'src/rest': ['src/operations', 'src/wire', 'src/access', 'src/core'],
  'src/controllers': ['src/operations', 'src/public-events', 'src/wire', 'src/access', 'src/core'],
  'src/webhooks': ['src/public-events', 'src/access', 'src/store', 'src/core', 'src/config'],
  'src/app': everything,
  'src/cli': everything,
  'src/main.ts': everything,
  admin: [
    'src/cluster/reads',
    'src/commands/audited.ts',
    'src/commands/captures.ts',
    'src/commands/commands.ts',
    'src/sfu/events.ts',
    'src/sfu/remote-events.ts',
    'src/sfu/rooms/read-model.ts',
    'src/sfu/rooms/snapshot.ts',
    'src/sfu/sfu.ts',
    'src/signaling/events.ts',
    'src/timelines/lines.ts',
    'src/access/address.ts',
    'src/access/pace.ts',
    'src/store',
    'src/core',
    'src/config',
  ],
  metrics: [
    'src/cluster/command-counts.ts',
    'src/cluster/drops.ts',
    'src/cluster/mesh.ts',
    'src/cluster/wire.ts',
    'src/sfu/events.ts',
    'src/sfu/sfu.ts',
    'src/sfu/rooms/media-index.ts',
    'src/sfu/rooms/read-model.ts',
    'src/sfu/rooms/snapshot.ts',
    'src/signaling/events.ts',
    'src/access',
    'src/store',
    'src/core',
    'src/config',
  ],
  client: [
    'src/core/ends.ts',
    'src/core/errors.ts',
    'src/signaling',
    'src/operations',
    'src/rest',
    'src/wire',
  ],
  'packages/build': [
    'package.json',
    'src/access/scopes.ts',
    'src/signaling',
    'src/operations',
    'src/wire',
    'src/core',
  ],
  // What is installed without the server.
  'packages/server-sdk': [],
  'packages/react': [],
  worker: ['scripts/machine'],
  'scripts/machine': [],
  scripts: everything,
  docs: everything,
  deploy: ['src/cluster/permissions.ts', 'src/config'],
  bench: everything,
  examples: ['admin', 'client'],
  // The soak uses it as well, so it must not import what imports the soak.
  'test/support': everything,
  test: everything,
};

function ownerOf(path: string): string | undefined {
  const owners = Object.keys(allowed).filter((owner) => path === owner || path.startsWith(`${owner}/`));
  return owners.sort((one, other) => other.length - one.length)[0];
}

/** What the tables of the architecture say against these files: nothing, or a sentence for each fault. */
function faultsOf(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const owner = ownerOf(file.path);
    if (owner === undefined) return [`${file.path} has no owner`];
    const mayImport = (target: string) => {
      if (ownerOf(target) === owner || allowed[owner] === everything) return true;
      return allowed[owner]?.some((name) => target === name || target.startsWith(`${name}/`)) ?? false;
    };
    return importsOf(file)
      .filter(({ target }) => !mayImport(target))
      .map(({ target }) => `${file.path} imports ${target}`);
  });
}

const all = await sourceFiles(root);
/** What the server and the client are made of. */
const sources = all.filter(({ path }) => /^(src|admin|metrics|client)\//.test(path));
const transpiler = new Bun.Transpiler({ loader: 'tsx' });

test('every file has an owner and imports only what its owner may', () => {
  expect(all.length).toBeGreaterThan(600);
  expect(faultsOf(all)).toEqual([]);
});

test('a planted file that nobody owns, or that imports what it may not, is found', () => {
  const planted = [
    { path: 'src/stray.ts', text: '' },
    { path: 'utils/stray.ts', text: '' },
    { path: 'src/core/stray.ts', text: "import type { Config } from '../config/config.ts';" },
    { path: 'src/sfu/stray.ts', text: "const late = import('../store/store.ts');" },
    { path: 'admin/stray.ts', text: "import type { Peer } from '../src/sfu/rooms/peer.ts';" },
    { path: 'src/operations/table/stray.ts', text: "import { mute } from '../../sfu/rooms/publishing.ts';" },
  ];
  expect(faultsOf(planted)).toEqual([
    'src/stray.ts has no owner',
    'utils/stray.ts has no owner',
    'src/core/stray.ts imports src/config/config.ts',
    'src/sfu/stray.ts imports src/store/store.ts',
    'admin/stray.ts imports src/sfu/rooms/peer.ts',
    'src/operations/table/stray.ts imports src/sfu/rooms/publishing.ts',
  ]);
});

test('src has one file at its root', () => {
  const atRoot = all.filter(({ path }) => /^src\/[^/]+$/.test(path)).map(({ path }) => path);
  expect(atRoot).toEqual(['src/main.ts']);
});

test('tests lie where their subject lies: test/sfu is of src/sfu, test/client of client', () => {
  /** What tests share, calls between real browsers, which are of every part at once, and this file. */
  const ofNoPart = /^test\/(support\/|browser\/|architecture\.test\.ts$)/;
  const subjectOf = (path: string) => path.split('/')[1]?.replace('.test.', '.') ?? '';
  const exists = (subject: string) =>
    all.some(({ path }) => path === subject || path.startsWith(`${subject}/`));
  const strays = all
    .filter(({ path }) => path.startsWith('test/') && !ofNoPart.test(path))
    .filter(({ path }) => !exists(`src/${subjectOf(path)}`) && !exists(subjectOf(path)))
    .map(({ path }) => path);
  expect(strays).toEqual([]);
});

test('nothing imports in a circle: no files, no owners, and no folders side by side', () => {
  expect(circles(all, ownerOf)).toEqual([]);
});

test('a planted circle is found, of files, of folders side by side and of owners', () => {
  const file = (path: string, ...targets: string[]) => ({
    path,
    text: targets.map((target) => `import type { X } from '${target}';`).join('\n'),
  });
  expect(circles([file('src/core/a.ts', './b.ts'), file('src/core/b.ts', './a.ts')], ownerOf)).toEqual([
    'src/core: a.ts, b.ts',
  ]);
  const folders = [
    file('src/sfu/rooms/a.ts', '../media/b.ts'),
    file('src/sfu/media/b.ts'),
    file('src/sfu/media/c.ts', '../rooms/d.ts'),
    file('src/sfu/rooms/d.ts'),
  ];
  expect(circles(folders, ownerOf)).toEqual(['src/sfu: media, rooms']);
  const owners = [
    file('metrics/a.ts', '../src/sfu/b.ts'),
    file('src/sfu/b.ts'),
    file('src/sfu/c.ts', '../../metrics/d.ts'),
    file('metrics/d.ts'),
  ];
  expect(circles(owners, ownerOf)).toEqual(['owners: metrics, src/sfu']);
});

test('the client takes nothing but types from the server', () => {
  const wrong = sources
    .filter(({ path }) => path.startsWith('client/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ target, typeOnly }) => target.startsWith('src/') && !typeOnly)
        .map(({ target }) => `${file.path} imports values of ${target}`),
    );
  expect(wrong).toEqual([]);
});

test('the domain knows nothing of HTTP, sockets or HTML', () => {
  const foreign = sources
    .filter(({ path }) => path.startsWith('src/sfu/'))
    .flatMap((file) =>
      transpiler
        .scanImports(file.text)
        .map(({ path }) => path)
        .filter((path) => !path.startsWith('.') && !/^mediasoup(?:\/ortc)?$/.test(path))
        .map((path) => `${file.path} imports ${path}`),
    );
  expect(foreign).toEqual([]);
});

test('metrics hold nothing of mediasoup: one collector names its version', () => {
  const knowing = sources.filter(
    ({ path, text }) => path.startsWith('metrics/') && text.includes("'mediasoup'"),
  );
  expect(knowing.map(({ path }) => path)).toEqual(['metrics/collectors/node.ts']);
  expect(knowing[0]?.text).toContain("import { version as mediasoup } from 'mediasoup';");
});

test('only one file knows the socket of Bun', () => {
  const knowing = sources.filter(({ text }) => text.includes('Bun.ServerWebSocket')).map(({ path }) => path);
  expect(knowing).toEqual(['src/wire/socket.ts']);
});

test('every error code is documented and used', () => {
  const text = sources
    .filter(({ path }) => path !== 'src/core/errors.ts')
    .map((file) => file.text)
    .join('\n');
  for (const [code, { doc }] of Object.entries(errorCodes)) {
    expect(doc.length, code).toBeGreaterThan(20);
    expect(text.includes(`'${code}'`), `${code} is never used`).toBe(true);
  }
});

test('every method is in the table, has an example and errors that exist', async () => {
  const files = (await readdir(join(root, 'src/signaling/methods'))).filter((name) => name !== 'index.ts');
  expect(methods.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
  for (const method of methods) {
    expect(method.check.Check(method.example), method.name).toBe(true);
    for (const code of method.errors) expect(Object.keys(errorCodes)).toContain(code);
  }
});

test('no file of the server has grown out of its bounds', () => {
  const long = sources
    .filter(({ text }) => text.split('\n').length > 300)
    .map(({ path, text }) => `${path}: ${text.split('\n').length} lines`);
  expect(long).toEqual([]);
});
