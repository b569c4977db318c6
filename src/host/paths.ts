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
