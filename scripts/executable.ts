/** Makes one executable with the server, the page and the media worker inside. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Glob } from 'bun';
import { buildPage } from '../client/build.ts';
import { unpacked } from '../src/cli/executable.ts';
import { provideWorker } from '../worker/provide.ts';
import { reasonOf, SetupError } from './machine/console.ts';

const ROOT = join(import.meta.dir, '..');

interface Source {
  /** The path that it is unpacked to. */
  path: string;
  from: string;
  executable: boolean;
}

/** Builds the executable. @throws SetupError when it cannot be built */
export async function buildExecutable(outfile: string): Promise<void> {
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
}

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
    `import { runExecutable } from ${JSON.stringify(join(ROOT, 'src', 'cli', 'executable.ts'))};`,
    'await runExecutable([',
    ...(await Promise.all(files)),
    ']);',
    '',
  ].join('\n');
}

/** Nothing is minified, as in the bundle of `npm start`: it would save no memory, and an error can be read. */
async function compile(entry: string, outfile: string): Promise<void> {
  try {
    await Bun.build({
      entrypoints: [entry],
      target: 'bun',
      format: 'esm',
      bytecode: true,
      compile: {
        outfile,
        // What lies in the folder where it is started must not change what the executable does.
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
    });
  } catch (error) {
    const causes = error instanceof AggregateError ? error.errors : [error];

    throw new SetupError(`the executable could not be built:\n${causes.map(reasonOf).join('\n')}`);
  }
}
