import type { Environment } from '../config/config.ts';
import { backUp, type Contents, restore } from '../store/backup.ts';
import { dataFolder, runCommand } from './command.ts';

const usage = `Copies the database of this node into a file, or puts such a file in its place.

  tureen backup FILE     also while the server runs
  tureen restore FILE    while it does not; what was there stays beside it

In a checkout of the sources it is npm run backup -- FILE and npm run restore -- FILE. The database is in TUREEN_DATA_DIR.`;

/** Runs `tureen backup` or `tureen restore`. @returns the exit code */
export async function backupCommand(
  command: 'backup' | 'restore',
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const run = () => {
    const [file, ...more] = args;
    if (file === undefined || file === '' || more.length > 0)
      throw new Error(`got "${args.join(' ')}", wants the name of one file.`);
    const folder = dataFolder(environment);
    return command === 'backup' ? describeBackup(folder, file) : describeRestore(folder, file);
  };
  return await runCommand({ usage, args, run });
}

function describeBackup(folder: string, file: string): string {
  return `"${file}" has ${describe(backUp(folder, file))}.`;
}

function describeRestore(folder: string, file: string): string {
  const { contents, former } = restore(folder, file);
  const kept = former === undefined ? '' : ` What was there is "${former}".`;
  return `The database in "${folder}" has ${describe(contents)}.${kept} Start the server.`;
}

function describe({ bytes, bans, users, auditEntries, schema }: Contents): string {
  return `${bans} bans, ${users} users and ${auditEntries} entries of the audit log (${bytes} bytes, schema ${schema})`;
}
