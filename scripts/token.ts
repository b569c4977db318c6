/** Prints a token: `npm run --silent token -- --room x --peer y`. */
import { tokenCommand } from '../src/cli/token.ts';

process.exit(await tokenCommand(process.argv.slice(2), process.env));
