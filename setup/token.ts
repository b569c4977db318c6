/** Prints a token: `npm run --silent token -- --room x --peer y`. */
import { tokenCommand } from '../src/auth/token-command.ts';
import { ConfigError, type Environment } from '../src/config.ts';
import { readEnvironment } from '../src/env-file.ts';
import { runTask, SetupError } from './console.ts';

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
