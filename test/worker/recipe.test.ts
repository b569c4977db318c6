import { expect, test } from 'bun:test';
import { appendFile, cp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { findMediasoup, hashRecipe, PATCH_FOLDER } from '../../worker/recipe.ts';
import { withFolder } from './fixtures.ts';

test('the hash is the same for the same version and patches, wherever they lie', async () => {
  await withFolder(async (folder) => {
    await cp(PATCH_FOLDER, join(folder, 'patch'), { recursive: true });

    expect(await hashRecipe('3.27.1', join(folder, 'patch'))).toBe(await hashRecipe('3.27.1'));
  });
});

test('the hash changes when a patch changes', async () => {
  await withFolder(async (folder) => {
    await cp(PATCH_FOLDER, folder, { recursive: true });
    await appendFile(join(folder, 'libsrtp3/shim.c'), '\n');

    expect(await hashRecipe('3.27.1', folder)).not.toBe(await hashRecipe('3.27.1'));
  });
});

test('the hash changes when a patch is renamed', async () => {
  await withFolder(async (folder) => {
    await cp(PATCH_FOLDER, folder, { recursive: true });
    await rename(join(folder, 'libuv/unused.c'), join(folder, 'libuv/other.c'));

    expect(await hashRecipe('3.27.1', folder)).not.toBe(await hashRecipe('3.27.1'));
  });
});

test('the hash changes with the version of mediasoup', async () => {
  expect(await hashRecipe('3.27.0')).not.toBe(await hashRecipe('3.27.1'));
});

test('the version is that of the mediasoup that the server imports', async () => {
  const { version } = await import('mediasoup');

  expect((await findMediasoup()).version).toBe(version);
});
