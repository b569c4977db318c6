import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** Where the files are that are no modules. The single executable unpacks them and corrects this before it starts. */
export const places = {
  /** The built try-it page. */
  page: join(root, 'dist', 'page'),
  /** Starts the media worker out of reach of the signals that the server gets. */
  workerStarter: join(root, 'worker', 'own-session.sh'),
};
