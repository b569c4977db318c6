/** Prints a token: `npm run --silent token -- --room x --peer y`. */
import { tokenCommand } from '../src/cli/token.ts';
import { ConfigError, type Environment } from '../src/config/config.ts';
import { readEnvironment } from '../src/config/env-file.ts';
import { runTask, SetupError } from './machine/console.ts';

await runTask(async () => {
  process.exit(await tokenCommand(process.argv.slice(2), readSettings()));
});

function readSettings(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (error) {
    throw error instanceof ConfigError ? new SetupError(error.message) : error;
  }
}
