import type { Environment } from '../config/config.ts';
import { createLogger } from '../core/log.ts';
import { Store } from '../store/store.ts';
import { dataFolder, runCommand } from './command.ts';

const usage = `Lets the database of this node join another mesh. Stop the node before, and start it afterwards.

  tureen mesh import

In a checkout of the sources it is npm run mesh -- import.
The bans, removals, users and API keys of this node are brought into the mesh of the bus that TUREEN_BUS_URL names. Users
and API keys that have the same names there are replaced by those of the mesh. A bus that has no mesh yet gets this one's.`;

/** Runs the command. @returns the exit code */
export async function meshCommand(args: readonly string[], environment: Environment): Promise<number> {
  return await runCommand({ usage, args, run: () => importInto(args, environment) });
}

function importInto(args: readonly string[], environment: Environment): string {
  if (args.length !== 1 || args[0] !== 'import')
    throw new Error(`got "${args.join(' ')}", wants "import" and nothing else.`);
  const folder = dataFolder(environment);
  const log = createLogger({ level: 'error', write: (line) => console.error(line) });
  using store = new Store({ folder, log });
  store.facts.startImport();
  const { size } = store.facts.outbox;
  return `The database in "${folder}" joins the next mesh that it finds, with ${size} bans, removals, users and API keys. Start the node.`;
}
