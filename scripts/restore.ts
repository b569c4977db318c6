/** Puts a backup in the place of the database of a node: `npm run restore -- FILE`. */
import { backupCommand } from '../src/cli/backup.ts';

process.exit(await backupCommand('restore', process.argv.slice(2), process.env));
