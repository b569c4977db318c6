import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, run, succeed } from './run.ts';

const projects = join(import.meta.dir, 'projects');
/** What projects depend on is fetched once for each lock file. */
const cache = join(homedir(), '.cache', 'tureen', 'projects');
const install = [process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts', '--linker', 'hoisted'];

/** A project of an application developer, outside of the repository. */
export interface OutsideProject extends AsyncDisposable {
  readonly folder: string;
  run(...command: readonly string[]): Promise<Outcome>;
  /** Runs a command that has to succeed. @returns what it printed */
  succeed(...command: readonly string[]): Promise<string>;
  /** The path of a file of a package that it has installed. */
  module(path: string): string;
}

/**
 * A fresh copy of a project of test/support/projects, with what its lock file names.
 * @param tarballs packages to install beside that, as a developer does
 */
export async function outsideProject(
  name: string,
  tarballs: readonly string[] = [],
): Promise<OutsideProject> {
  const folder = await mkdtemp(join(tmpdir(), `tureen-${name}-`));
  await cp(join(projects, name), folder, { recursive: true });
  // Links instead of copies: what is installed is not written to.
  await succeed(['cp', '-al', join(await installed(name), 'node_modules'), join(folder, 'node_modules')]);
  if (tarballs.length > 0)
    await succeed([process.execPath, 'add', '--ignore-scripts', '--linker', 'hoisted', ...tarballs], {
      cwd: folder,
    });
  // Tools look for their settings and for packages in the folders above; there is nothing of ours.
  const options = {
    cwd: folder,
    environment: { ...process.env, NODE_PATH: '', CI: '1', NEXT_TELEMETRY_DISABLED: '1' },
  };
  return {
    folder,
    run: (...command) => run(command, options),
    succeed: (...command) => succeed(command, options),
    module: (path) => join(folder, 'node_modules', path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The folder in which the packages of a project are installed. */
async function installed(name: string): Promise<string> {
  const files = await Promise.all(
    ['package.json', 'bun.lock'].map((file) => Bun.file(join(projects, name, file)).text()),
  );
  const folder = join(cache, `${name}-${Bun.hash(files.join('\n')).toString(36)}`);
  if (await Bun.file(join(folder, 'package.json')).exists()) return folder;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, '.new-'));
  for (const file of ['package.json', 'bun.lock']) await cp(join(projects, name, file), join(fresh, file));
  await succeed(install, { cwd: fresh });
  // Another process may have been faster; its folder is as good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}
