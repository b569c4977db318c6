import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { bundle } from '../../client/build.ts';

const root = join(import.meta.dir, '..', '..');

/** The files that a bundle is made of, by their paths from the project. */
async function sourcesOf(entry: string): Promise<string[]> {
  const { outputs } = await Bun.build({
    entrypoints: [join(root, entry)],
    target: 'browser',
    sourcemap: 'external',
  });
  const map = outputs.find(({ kind }) => kind === 'sourcemap');
  if (!map) throw new Error('the bundler made no source map');
  const { sources } = (await map.json()) as { sources: string[] };
  return sources.map((source) => source.replace(/^(\.\.\/)+/, ''));
}

/** Packages that come with mediasoup-client. */
const allowed =
  /^node_modules\/(mediasoup-client|awaitqueue|debug|ms|events-alias|fake-mediastreamtrack|@lukeed\/uuid|h264-profile-level-id|sdp-transform|supports-color)\//;

test('the library and the page hold none of the server, and nothing of others but mediasoup-client', async () => {
  for (const entry of ['client/index.ts', 'client/page/page.ts']) {
    const sources = await sourcesOf(entry);
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((source) => !source.startsWith('client/') && !allowed.test(source))).toEqual([]);
  }
});

test('the bundle stays small', async () => {
  const library = await bundle(join(root, 'client', 'index.ts'), ['mediasoup-client']);
  expect(Bun.gzipSync(library).length).toBeLessThan(33_500);
  const page = await bundle(join(root, 'client', 'page', 'page.ts'));
  expect(Bun.gzipSync(page).length).toBeLessThan(92_000);
});
