import { afterAll } from 'bun:test';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Packed, packAll } from '../../packages/build/pack.ts';

const root = join(import.meta.dir, '..', '..');

/** The packages as they are published, built once for the tests of a file. */
export function usePackages() {
  const folder = join(root, 'dist', `test-packages-${process.pid}-${crypto.randomUUID().slice(0, 8)}`);
  let packing: Promise<readonly Packed[]> | undefined;
  const packages = () => {
    packing ??= packAll(folder);
    return packing;
  };
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    packages,
    /** The tarballs of some of them. */
    async tarballsOf(...names: readonly string[]): Promise<string[]> {
      const all = await packages();
      return names.map((name) => {
        const found = all.find((each) => each.name === name);
        if (!found) throw new Error(`there is no package ${name}`);
        return found.tarball;
      });
    },
  };
}
