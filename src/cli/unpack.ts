import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, lstat, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file inside of the single executable. */
export interface EmbeddedFile {
  /** Where it goes, from the folder that everything is unpacked into. */
  readonly path: string;
  /** Under which name Bun has it in the executable. */
  readonly embedded: string;
  /** Of its content, in hexadecimal digits. */
  readonly sha256: string;
  readonly executable: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Unpacks the files into a folder that only this user can write to, and verifies every one of them by its hash, also
 * those that an earlier start left there.
 * @returns the folder
 * @throws Error that says where it was tried and why that did not do
 */
export async function unpack(files: readonly EmbeddedFile[], environment: Environment): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const failures: string[] = [];
  for (const parent of parentFolders(environment)) {
    const folder = join(parent, name);
    try {
      await makePrivate(parent);
      await Promise.all(files.map((file) => place(file, folder)));
      return folder;
    } catch (error) {
      failures.push(`${folder}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `the media worker cannot be unpacked anywhere. Let TUREEN_UNPACK_DIR name a folder that you may write to and that programs may run from. Tried:\n${failures.join('\n')}`,
  );
}

function parentFolders(environment: Environment): string[] {
  const { TUREEN_UNPACK_DIR: chosen, CACHE_DIRECTORY: service, XDG_CACHE_HOME: cache } = environment;
  if (chosen) return [chosen];
  return [
    // systemd's folder for a service; there may be several, separated by colons.
    ...(service ? [join(service.split(':')[0] ?? service, 'unpacked')] : []),
    join(cache || join(environment.HOME || homedir(), '.cache'), 'tureen', 'unpacked'),
    // Everybody may write to the folder for temporary files, so the name there is the user's own.
    join(tmpdir(), `tureen-${process.getuid?.() ?? 0}`),
  ];
}

/** Whoever could write there could have another program run as this user. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.()) throw new Error('it belongs to another user');
  if ((mode & 0o170000) !== 0o040000) throw new Error('it is not a folder');
  if ((mode & 0o022) !== 0) throw new Error('others may write to it');
}

async function place({ path, embedded, sha256, executable }: EmbeddedFile, folder: string): Promise<void> {
  const target = join(folder, path);
  if (!(await isWhole(target, sha256))) {
    const content = new Uint8Array(await Bun.file(embedded).arrayBuffer());
    if (hashOf(content) !== sha256) throw new Error(`${path} is damaged in this executable; get it anew`);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const temporary = `${target}.${process.pid}`;
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    if (executable) await chmod(temporary, 0o700);
    await rename(temporary, target);
  }
  // Where a file system is mounted noexec the kernel says so here, to root as well.
  if (executable) await access(target, constants.X_OK);
}

const pieceBytes = 1024 * 1024;

/** Every start looks at the media worker, which has ten megabytes, so it is read piece by piece into one buffer. */
async function isWhole(path: string, sha256: string): Promise<boolean> {
  if (!(await Bun.file(path).exists())) return false;
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const piece = new Uint8Array(pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes);
      if (bytesRead === 0) return hash.digest('hex') === sha256;
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
