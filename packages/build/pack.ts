import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Glob } from 'bun';
import packageJson from '../../package.json' with { type: 'json' };
import { signalingTypes } from './plain-types.ts';

const root = join(import.meta.dir, '..', '..');

/** The package of a folder in packages/, and where its sources come from. */
interface Recipe {
  readonly folder: string;
  /** Lays out what is compiled, in a fresh folder. */
  readonly stage: (staging: string) => Promise<void>;
  /** The module of which the size is told, below lib/. */
  readonly entry: string;
}

/** In the order in which they are built: the last needs the types of the first. */
const recipes: readonly Recipe[] = [
  { folder: 'client', stage: stageClient, entry: 'client/index.js' },
  { folder: 'server-sdk', stage: (staging) => stageSources('server-sdk', staging), entry: 'index.js' },
  { folder: 'react', stage: (staging) => stageSources('react', staging), entry: 'index.js' },
];

/** What is read of the package.json of a package. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Packed {
  readonly name: string;
  /** The folder that is published, and the tarball of it. */
  readonly folder: string;
  readonly tarball: string;
  /** Such as "14.0 kB compressed, 60.1 kB with its dependencies". */
  readonly size: string;
}

/** Builds every package into a folder of its own below `outdir`, with its tarball beside it. */
export async function packAll(outdir: string): Promise<Packed[]> {
  await rm(outdir, { recursive: true, force: true });
  const packed: Packed[] = [];
  for (const recipe of recipes) packed.push(await pack(recipe, outdir));
  return packed;
}

async function pack({ folder, stage, entry }: Recipe, outdir: string): Promise<Packed> {
  const source = join(root, 'packages', folder);
  const manifest = (await Bun.file(join(source, 'package.json')).json()) as Manifest;
  requireVersions(manifest);
  const target = join(outdir, manifest.name);
  // Below the project, so that its packages are found from there.
  const staging = join(outdir, `.${manifest.name}`);
  await mkdir(staging, { recursive: true });
  await stage(staging);
  await compile(staging, join(target, 'lib'), outdir);
  await rm(staging, { recursive: true });
  for (const file of ['package.json', 'README.md']) await cp(join(source, file), join(target, file));
  await cp(join(root, 'LICENSE'), join(target, 'LICENSE'));
  await run([process.execPath, 'pm', 'pack', '--quiet', '--ignore-scripts', '--destination', outdir], target);
  const tarball = join(outdir, `${manifest.name}-${manifest.version}.tgz`);
  return { name: manifest.name, folder: target, tarball, size: await sizeOf(join(target, 'lib', entry)) };
}

/** All packages have the version of the server that they were made with, and the versions that it is tested with. */
function requireVersions({ name, version, dependencies, peerDependencies }: Manifest): void {
  const known: Readonly<Record<string, string>> = {
    ...packageJson.dependencies,
    ...packageJson.devDependencies,
    'tureen-client': packageJson.version,
  };
  const wanted = { ...dependencies, ...peerDependencies };
  const wrong = Object.entries(wanted).filter(
    ([dependency, range]) => !range.includes(' ') && known[dependency] !== range,
  );
  if (version !== packageJson.version) wrong.push([name, version]);
  if (wrong.length > 0)
    throw new Error(
      `packages: ${wrong.map(([what, range]) => `${what} ${range}`).join(', ')} in the package.json of ${name} ` +
        'is another version than in that of the server; set them alike',
    );
}

/** The client library without its page, over plain types in place of the server's modules. */
async function stageClient(staging: string): Promise<void> {
  const notForBrowsers = new Set(['build.ts', 'server.ts']);
  for (const name of new Glob('*.ts').scanSync(join(root, 'client')))
    if (!notForBrowsers.has(name)) await cp(join(root, 'client', name), join(staging, 'client', name));
  for (const [path, text] of signalingTypes()) await Bun.write(join(staging, path), text);
}

async function stageSources(folder: string, staging: string): Promise<void> {
  await cp(join(root, 'packages', folder, 'src'), staging, { recursive: true });
}

/** Compiles to modules with their types and source maps, one for each file, so that bundlers take only what is used. */
async function compile(staging: string, outDir: string, outdir: string): Promise<void> {
  const options = {
    compilerOptions: {
      target: 'ES2022',
      module: 'ESNext',
      moduleResolution: 'bundler',
      lib: ['ESNext', 'DOM', 'DOM.Iterable'],
      types: [],
      jsx: 'react-jsx',
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
      skipLibCheck: true,
      declaration: true,
      sourceMap: true,
      inlineSources: true,
      rootDir: '.',
      outDir,
      paths: { 'tureen-client': [join(outdir, 'tureen-client', 'lib', 'client', 'index.d.ts')] },
    },
    include: ['**/*'],
  };
  await Bun.write(join(staging, 'tsconfig.json'), JSON.stringify(options));
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await run([process.execPath, compiler, '-p', staging], root);
  for (const name of new Glob('**/*.{d.ts,js}').scanSync(outDir)) {
    const path = join(outDir, name);
    const text = await Bun.file(path).text();
    // The compiler writes `.js` into modules, but leaves `.ts` in declarations, where it would need a setting to be read.
    if (name.endsWith('.d.ts'))
      await Bun.write(path, text.replaceAll(/(['"]\.[^'"]*)\.tsx?(['"])/g, '$1.js$2'));
    // A module of types only.
    else if (/^export \{\};\s*(\/\/# sourceMappingURL=.*)?\s*$/.test(text))
      for (const empty of [path, `${path}.map`]) await rm(empty);
  }
}

async function sizeOf(entry: string): Promise<string> {
  const compressed = async (external: string[]) => {
    const { outputs } = await Bun.build({
      entrypoints: [entry],
      root: dirname(entry),
      external,
      target: 'browser',
      minify: true,
      format: 'esm',
    });
    const bytes = new Uint8Array((await outputs[0]?.arrayBuffer()) ?? new ArrayBuffer());
    return `${(Bun.gzipSync(bytes).length / 1000).toFixed(1)} kB`;
  };
  const others = ['mediasoup-client', 'tureen-client', 'react'];
  const [alone, whole] = [await compressed(others), await compressed(['tureen-client', 'react'])];
  return alone === whole ? `${alone} compressed` : `${alone} compressed, ${whole} with what it depends on`;
}

async function run(command: string[], cwd: string): Promise<void> {
  const child = Bun.spawn(command, { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`"${command.join(' ')}" failed:\n${out}${err}`);
}
