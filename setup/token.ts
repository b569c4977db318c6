/** Prints a token: `npm run --silent token -- --room x --peer y`. */
import { tokenCommand } from '../src/auth/token-command.ts';

process.exit(await tokenCommand(process.argv.slice(2), process.env));
