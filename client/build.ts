import { mkdir, rename } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Glob } from 'bun';

const root = join(import.meta.dir, '..');
const pageFolder = join(import.meta.dir, 'page');

/** The parts of the stylesheet in the order in which they override each other. */
const styles = [
  'theme',
  'buttons',
  'forms',
  'entrance',
  'call',
  'tiles',
  'controls',
  'chat',
  'people',
  'dialogs',
  'ending',
  'narrow',
];

/**
 * Bundles the try-it page: index.html, style.css, icon.svg and page.js, which contains the client library; and client.js,
 * the library as a module for pages of others that have no bundler. The page loads nothing from other hosts. Does nothing
 * when the inputs have not changed since the last build.
 */
export async function buildPage(outdir = join(root, 'dist', 'page')): Promise<void> {
  const hash = await hashInputs();
  const hashFile = Bun.file(`${outdir}.hash`);
  if ((await hashFile.exists()) && (await hashFile.text()) === hash) return;
  await mkdir(outdir, { recursive: true });
  const script = await bundle(join(pageFolder, 'page.ts'));
  await writeWhole(join(outdir, 'page.js'), script);
  await writeWhole(join(outdir, 'client.js'), await bundle(join(import.meta.dir, 'index.ts')));
  await writeWhole(join(outdir, 'style.css'), await joinStyles());
  for (const name of ['index.html', 'icon.svg']) {
    await writeWhole(join(outdir, name), await Bun.file(join(pageFolder, name)).bytes());
  }
  await writeWhole(`${outdir}.hash`, hash);
}

/** Bundles and minifies a module for browsers. @throws AggregateError with the bundler's errors */
export async function bundle(entry: string, external: string[] = []): Promise<Uint8Array<ArrayBuffer>> {
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    external,
    target: 'browser',
    minify: true,
    format: 'esm',
  });
  const [script] = outputs;
  if (!script) throw new Error(`the bundler wrote no output for ${relative(root, entry)}`);
  return new Uint8Array(await script.arrayBuffer());
}

async function joinStyles(): Promise<string> {
  const texts = styles.map((name) => Bun.file(join(pageFolder, 'style', `${name}.css`)).text());
  return (await Promise.all(texts)).join('\n');
}

async function hashInputs(): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  hash.update(Bun.version);
  hash.update(await Bun.file(join(root, 'bun.lock')).text());
  const names = [...new Glob('**/*').scanSync(import.meta.dir)].sort();
  for (const name of names) hash.update(name).update(await Bun.file(join(import.meta.dir, name)).bytes());
  return hash.digest('hex');
}

/** Replaces the file atomically, so that a reader, e.g. another build, never gets a part of it. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await Bun.write(temporary, content);
  await rename(temporary, path);
}

/** Prints the size of the page's files and of the library. */
export async function printSizes(): Promise<void> {
  const folder = join(root, 'dist', 'page');
  for (const name of [...new Glob('*').scanSync(folder)].sort()) {
    console.log(`${name}: ${sizeOf(await Bun.file(join(folder, name)).bytes())}`);
  }
  const entry = join(import.meta.dir, 'index.ts');
  console.log(`the library with mediasoup-client: ${sizeOf(await bundle(entry))}`);
  console.log(`the library without it: ${sizeOf(await bundle(entry, ['mediasoup-client']))}`);
}

/** "123.4 kB, 45.6 kB compressed" */
function sizeOf(bytes: Uint8Array<ArrayBuffer>): string {
  const kilobytes = (count: number) => `${(count / 1000).toFixed(1)} kB`;
  return `${kilobytes(bytes.length)}, ${kilobytes(Bun.gzipSync(bytes).length)} compressed`;
}

if (import.meta.main) {
  await buildPage();
  await printSizes();
}
