import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Files that are not modules. The single executable unpacks them and sets these paths before it starts the server. */
export const places = {
  /** The built try-it page. */
  page: join(root, 'dist', 'page'),
  /** Starts the media worker in a session of its own, so that the server's signals do not reach it. */
  workerStarter: join(root, 'worker', 'own-session.sh'),
  /** Puts back those of the files that were deleted meanwhile. Only the executable can. */
  restore: async (): Promise<void> => {},
};

/**
 * Makes sure that what starts a media worker is there, and puts it back where that is possible. mediasoup itself stumbles
 * over a process that cannot be started, and says nothing of the file.
 * @throws Error that names the file that is not there
 */
export async function restoreExecutables(paths: readonly string[]): Promise<void> {
  await places.restore();
  await Promise.all(paths.map(requireExecutable));
}

async function requireExecutable(path: string): Promise<void> {
  await access(path, constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const wrong = error.code === 'ENOENT' ? 'is not there' : `cannot be run (${error.message})`;
    throw new Error(
      `the media worker cannot be started, for ${path} ${wrong}. Put the file back, or restart the server, which provides it`,
      { cause: error },
    );
  });
}
