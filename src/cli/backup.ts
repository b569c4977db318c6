import { type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { backUp, type Contents, restore } from '../store/backup.ts';

const usage = `Copies the database of this node into a file, or puts such a file in its place.

  tureen backup FILE     also while the server runs
  tureen restore FILE    while it does not; what was there stays beside it

In a checkout of the sources it is npm run backup -- FILE and npm run restore -- FILE. The database is in TUREEN_DATA_DIR.`;

/** Runs `tureen backup` or `tureen restore`. @returns the exit code */
export function backupCommand(
  command: 'backup' | 'restore',
  args: readonly string[],
  environment: Environment,
): number {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  try {
    const [file, ...more] = args;
    if (file === undefined || file === '' || more.length > 0)
      throw new Error(`got "${args.join(' ')}", wants the name of one file.`);
    const { dataDir: folder } = readConfig(readEnvironment(environment));
    if (folder === undefined)
      throw new Error('TUREEN_DATA_DIR is not set: without it a node keeps its database in memory.');
    console.log(command === 'backup' ? describeBackup(folder, file) : describeRestore(folder, file));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(`\n${usage}`);
    return 1;
  }
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
