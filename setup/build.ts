/**
 * Builds dist/tureen, one executable with the server, the page and the media worker inside: `npm run build`. It runs
 * on hosts of the same kind that have neither Bun nor Node.js. With --outfile it goes elsewhere.
 */
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Glob } from 'bun';
import { buildPage } from '../client/build.ts';
import { unpacked } from '../src/executable.ts';
import { provideWorker } from '../worker/provide.ts';
import { runTask, SetupError, say } from './console.ts';

const ROOT = join(import.meta.dir, '..');

interface Source {
  /** The path that it is unpacked to. */
  path: string;
  from: string;
  executable: boolean;
}

await runTask(async () => {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { outfile: { type: 'string', default: join(ROOT, 'dist', 'tureen') } },
  });
  const outfile = resolve(values.outfile);

  await mkdir(dirname(outfile), { recursive: true });

  // Beside the result, so that it can be moved there in one step and nobody ever sees a half.
  const folder = await mkdtemp(join(dirname(outfile), '.tureen-build-'));

  try {
    const entry = join(folder, 'tureen.ts');
    const built = join(folder, 'tureen');

    await Bun.write(entry, await entryText(await findSources()));
    await compile(entry, built);
    await rename(built, outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  const { size } = await stat(outfile);

  say(`built ${relative(process.cwd(), outfile)}, ${(size / 1_000_000).toFixed(1)} MB`);
});

async function findSources(): Promise<Source[]> {
  const worker = await provideWorker();

  await buildPage();

  const page = join(ROOT, 'dist', 'page');
  const pages = [...new Glob('**/*').scanSync(page)].sort();

  return [
    { path: unpacked.worker, from: worker.path, executable: true },
    { path: unpacked.workerStarter, from: join(ROOT, 'worker', 'own-session.sh'), executable: true },
    ...pages.map((name) => ({ path: join(unpacked.page, name), from: join(page, name), executable: false })),
  ];
}

/** The module that Bun compiles: it names every file, so that they are embedded, with its hash. */
async function entryText(sources: Source[]): Promise<string> {
  const imports = sources.map(
    ({ from }, index) => `import file${index} from ${JSON.stringify(from)} with { type: 'file' };`,
  );
  const files = sources.map(async ({ path, from, executable }, index) => {
    const sha256 = new Bun.CryptoHasher('sha256').update(await Bun.file(from).arrayBuffer()).digest('hex');

    return `  { path: ${JSON.stringify(path)}, embedded: file${index}, sha256: '${sha256}', executable: ${executable} },`;
  });

  return [
    ...imports,
    `import { runExecutable } from ${JSON.stringify(join(ROOT, 'src', 'executable.ts'))};`,
    'await runExecutable([',
    ...(await Promise.all(files)),
    ']);',
    '',
  ].join('\n');
}

/** The options that the API does not have yet stand on the command line only. */
async function compile(entry: string, outfile: string): Promise<void> {
  // What lies in the folder where it is started must not change what the executable does.
  const autoload = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  // With its bytecode it is ready in half of the time and holds a fifth less of memory.
  const options = ['--minify', '--format=esm', '--bytecode', ...autoload];
  const child = Bun.spawn(
    [process.execPath, 'build', '--compile', ...options, `--outfile=${outfile}`, entry],
    { cwd: ROOT, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
  );
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);

  if ((await child.exited) !== 0) {
    throw new SetupError(`the executable could not be built:\n${out}${err}`);
  }
}
