/** Copies the database of a node into a file: `npm run backup -- FILE`. */
import { backupCommand } from '../src/cli/backup.ts';

process.exit(await backupCommand('backup', process.argv.slice(2), process.env));
