import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, lstat, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../config/config.ts';

/** A file inside the single executable. */
export interface EmbeddedFile {
  /** Its path in the folder of `unpack`. */
  readonly path: string;
  /** Its name in Bun's virtual file system of the executable. */
  readonly embedded: string;
  /** The hash of its content, hexadecimal. */
  readonly sha256: string;
  readonly executable: boolean;
}

/**
 * Unpacks the files into a folder that only this user can write to, and verifies every file by its hash, those that an
 * earlier start left there too.
 * @returns the folder
 * @throws Error that lists the folders that were tried and why each failed
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
    `the media worker cannot be unpacked. Set TUREEN_UNPACK_DIR to a folder that you may write to and run programs from. Tried:\n${failures.join('\n')}`,
  );
}

/** Puts back what was deleted from the folder that `unpack` made, one run at a time. */
export function unpackAgain(files: readonly EmbeddedFile[], folder: string): () => Promise<void> {
  let running: Promise<string> | undefined;
  return async () => {
    running ??= unpack(files, { TUREEN_UNPACK_DIR: dirname(folder) }).finally(() => {
      running = undefined;
    });
    await running;
  };
}

function parentFolders(environment: Environment): string[] {
  const { TUREEN_UNPACK_DIR: chosen, CACHE_DIRECTORY: service, XDG_CACHE_HOME: cache } = environment;
  if (chosen) return [chosen];
  return [
    // systemd's folder for a service; there may be several, separated by colons.
    ...(service ? [join(service.split(':')[0] ?? service, 'unpacked')] : []),
    join(cache || join(environment.HOME || homedir(), '.cache'), 'tureen', 'unpacked'),
    // Everybody may write to the folder for temporary files, so the name includes the user's id.
    join(tmpdir(), `tureen-${process.getuid?.() ?? 0}`),
  ];
}

/** Any user who can write to the folder could have another program run as this user. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.()) throw new Error('it belongs to another user');
  if ((mode & 0o170000) !== 0o040000) throw new Error('it is not a folder');
  if ((mode & 0o022) !== 0) throw new Error('others may write to it');
}

async function place({ path, embedded, sha256, executable }: EmbeddedFile, folder: string): Promise<void> {
  const target = join(folder, path);
  if (!(await isIntact(target, sha256))) {
    const content = new Uint8Array(await Bun.file(embedded).arrayBuffer());
    if (hashOf(content) !== sha256)
      throw new Error(`${path} in this executable is damaged; download or build the executable again`);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const temporary = `${target}.${process.pid}`;
    await writeFile(temporary, content, { mode: 0o600, flag: 'wx' });
    if (executable) await chmod(temporary, 0o700);
    await rename(temporary, target);
  }
  // Fails on a file system that is mounted noexec, for root as well.
  if (executable) await access(target, constants.X_OK);
}

const chunkBytes = 1024 * 1024;

/** Every start reads the media worker, which has ten megabytes, so it is read in chunks into one buffer. */
async function isIntact(path: string, sha256: string): Promise<boolean> {
  if (!(await Bun.file(path).exists())) return false;
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    const chunk = new Uint8Array(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) return hash.digest('hex') === sha256;
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
