import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/machine/packages.ts';
import { cacheFolder } from '../../worker/provide.ts';
import { run, succeed } from './run.ts';

/** Fetching takes a minute, so that what was fetched is kept for some days. */
const keptFor = 7 * 24 * 3600 * 1000;

/** What the slim images of Debian leave out as well: nothing that runs needs it. */
const leftOut = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

/**
 * The least Debian there is of this machine's release, as an archive.
 * @param include names of packages that it has besides
 * @returns the path of the archive, which is shared: it must not be changed
 */
export async function debianArchive(include: readonly string[] = []): Promise<string> {
  const { codename, mirror } = await findMirror();
  const folder = join(cacheFolder(process.env), 'tureen', 'debian');
  const path = join(folder, `${[codename, ...include].join('+')}.tar`);
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  if (age < keptFor) return path;
  await ensurePackages(['debootstrap'], 'for the tests on a bare host');
  const root = await mkdtemp(join(tmpdir(), 'tureen-debian-'));
  // In memory, for dpkg waits for the disk after every file.
  await succeed(['mount', '-t', 'tmpfs', '-o', 'size=2g,mode=0755', 'tmpfs', root]);
  try {
    const more = include.length === 0 ? [] : [`--include=${include.join()}`];
    await succeed(['debootstrap', '--variant=minbase', ...more, codename, root, mirror]);
    for (const name of leftOut) await succeed(['find', join(root, name), '-mindepth', '1', '-delete']);
    await mkdir(folder, { recursive: true });
    // In one step, for another process may be making the same one.
    const temporary = `${path}.${process.pid}`;
    await succeed(['tar', '--numeric-owner', '-C', root, '-cf', temporary, '.']);
    await rename(temporary, path);
    return path;
  } finally {
    await succeed(['umount', root]);
    await rm(root, { recursive: true, force: true });
  }
}

async function findMirror(): Promise<{ codename: string; mirror: string }> {
  const release = await Bun.file('/etc/os-release').text();
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? '';
  const targets = await run(['apt-get', 'indextargets', '--format', '$(CODENAME) $(COMPONENT) $(REPO_URI)']);
  const line = targets.output.split('\n').find((text) => text.startsWith(`${codename} main `));
  const mirror = line?.split(' ')[2];
  if (codename && mirror) return { codename, mirror };
  throw new Error('apt of this machine names no mirror of its own release; run apt-get update');
}
