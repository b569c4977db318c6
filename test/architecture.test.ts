import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errorCodes } from '../src/core/errors.ts';
import { methods } from '../src/signaling/methods/index.ts';

const root = join(import.meta.dir, '..');

/** Who may import whom (docs/decisions/0001-structure.md). A folder may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/errors.ts': [],
  'src/log.ts': [],
  'src/setting-kinds.ts': [],
  'src/settings-admin.ts': ['src/setting-kinds.ts'],
  'src/settings-control.ts': ['src/setting-kinds.ts'],
  'src/settings-edge.ts': ['src/setting-kinds.ts'],
  'src/settings-metrics.ts': ['src/setting-kinds.ts'],
  'src/settings-webhooks.ts': ['src/setting-kinds.ts'],
  'src/settings.ts': [
    'src/setting-kinds.ts',
    'src/settings-admin.ts',
    'src/settings-control.ts',
    'src/settings-edge.ts',
    'src/settings-metrics.ts',
    'src/settings-webhooks.ts',
  ],
  'src/edge.ts': ['src/config.ts'],
  'src/places.ts': [],
  'src/jit.ts': ['src/sfu'],
  'src/schema-text.ts': [],
  'src/env-file.ts': ['src/config.ts'],
  'src/tls.ts': ['src/config.ts', 'src/log.ts'],
  'src/local.ts': ['src/config.ts'],
  'src/doctor': [
    'src/config.ts',
    'src/edge.ts',
    'src/env-file.ts',
    'src/local.ts',
    'src/log.ts',
    'src/tls.ts',
    'worker/recipe.ts',
  ],
  'src/config.ts': ['src/errors.ts', 'src/settings.ts', 'src/settings-webhooks.ts', 'src/setting-kinds.ts'],
  'src/sfu': ['src/errors.ts', 'src/log.ts', 'src/config.ts'],
  'src/auth': ['src/errors.ts', 'src/log.ts', 'src/config.ts'],
  'src/store': ['src/errors.ts', 'src/log.ts', 'src/config.ts'],
  'src/moderation': ['src/sfu', 'src/store', 'src/errors.ts'],
  'src/wire': ['src/sfu', 'src/errors.ts', 'src/log.ts'],
  'src/signaling': [
    'src/wire',
    'src/sfu',
    'src/auth',
    'src/store',
    'src/moderation',
    'src/errors.ts',
    'src/log.ts',
    'src/config.ts',
    'src/settings.ts',
  ],
  'src/control': [
    'src/wire',
    'src/sfu',
    'src/auth',
    'src/store',
    'src/moderation',
    'src/errors.ts',
    'src/log.ts',
    'src/config.ts',
    'src/settings.ts',
    'src/schema-text.ts',
    'src/settings-webhooks.ts',
  ],
  'src/ingest': [
    'src/wire',
    'src/sfu',
    'src/auth',
    'src/store',
    'src/errors.ts',
    'src/log.ts',
    'src/config.ts',
  ],
  admin: [
    'src/sfu',
    'src/auth',
    'src/store',
    'src/moderation',
    'src/errors.ts',
    'src/config.ts',
    'src/settings.ts',
  ],
  metrics: ['src/sfu', 'src/auth', 'src/store', 'src/errors.ts', 'src/config.ts'],
  client: ['src/signaling', 'src/control', 'src/wire'],
};

const transpiler = new Bun.Transpiler({ loader: 'tsx' });

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

async function sourcesIn(folder: string): Promise<SourceFile[]> {
  const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
  const scripts = names.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name));
  return await Promise.all(
    scripts.map(async (path) => ({ path, text: await Bun.file(join(root, path)).text() })),
  );
}

/** Every import of a file, those of types only among them, which a transpiler would leave out. */
function importsOf({ path, text }: SourceFile): { target: string; typeOnly: boolean }[] {
  const found = text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"](\.[^'"]+)['"]/gm);
  return [...found].map(([, type, specifier = '']) => ({
    target: relative(root, join(root, path, '..', specifier)),
    typeOnly: type !== undefined,
  }));
}

function ownerOf(path: string): string | undefined {
  return Object.keys(allowed).find((owner) => path === owner || path.startsWith(`${owner}/`));
}

const sources = (await Promise.all(['src', 'admin', 'metrics', 'client'].map(sourcesIn))).flat();

test('every file imports only what the table of the design lets it import', () => {
  const wrong = sources.flatMap((file) => {
    const owner = ownerOf(file.path);
    if (owner === undefined) return [];
    return importsOf(file)
      .map(({ target }) => target)
      .filter((target) => {
        const targetOwner = ownerOf(target) ?? target;
        return targetOwner !== owner && !allowed[owner]?.includes(targetOwner);
      })
      .map((target) => `${file.path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('a start does not load the table of operations, which only programs want', () => {
  const loaded = new Set(['src/server.ts']);
  for (const path of loaded) {
    const file = sources.find((source) => source.path === path);
    for (const { target, typeOnly } of file ? importsOf(file) : []) if (!typeOnly) loaded.add(target);
  }
  expect([...loaded]).toContain('src/control/rest/plugin.ts');
  expect([...loaded]).not.toContain('src/control/operations/index.ts');
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
        .filter((path) => !path.startsWith('.') && path !== 'mediasoup')
        .map((path) => `${file.path} imports ${path}`),
    );
  expect(foreign).toEqual([]);
});

test('only one file knows the socket of Bun', () => {
  const knowing = sources.filter(({ text }) => text.includes('Bun.ServerWebSocket')).map(({ path }) => path);
  expect(knowing).toEqual(['src/wire/socket.ts']);
});

test('every error code is documented and used', () => {
  const text = sources
    .filter(({ path }) => path !== 'src/errors.ts')
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
