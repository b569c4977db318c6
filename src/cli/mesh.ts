import { type Environment, readConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env-file.ts';
import { createLogger } from '../core/log.ts';
import { Store } from '../store/store.ts';

const usage = `Lets the database of this node join another mesh. Stop the node before, and start it afterwards.

  tureen mesh import

In a checkout of the sources it is npm run mesh -- import.
The bans, removals, users and API keys of this node are brought into the mesh of the bus that TUREEN_BUS_URL names. Users
and API keys that have the same names there are replaced by those of the mesh. A bus that has no mesh yet gets this one's.`;

/** Runs the command. @returns the exit code */
export function meshCommand(args: readonly string[], environment: Environment): number {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  try {
    console.log(importInto(args, environment));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(`\n${usage}`);
    return 1;
  }
}

function importInto(args: readonly string[], environment: Environment): string {
  if (args.length !== 1 || args[0] !== 'import')
    throw new Error(`got "${args.join(' ')}", wants "import" and nothing else.`);
  const { dataDir: folder } = readConfig(readEnvironment(environment));
  if (folder === undefined)
    throw new Error('TUREEN_DATA_DIR is not set: without it a node keeps nothing that could be imported.');
  const log = createLogger({ level: 'error', write: (line) => console.error(line) });
  using store = new Store({ folder, log });
  store.facts.startImport();
  const { size } = store.facts.outbox;
  return `The database in "${folder}" joins the next mesh that it finds, with ${size} bans, removals, users and API keys. Start the node.`;
}
