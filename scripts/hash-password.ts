/** Prints the hash of a password: `printf %s 'the password' | npm run --silent hash-password`. */
import { hashPasswordCommand } from '../src/cli/hash-password.ts';

process.exit(await hashPasswordCommand(await Bun.stdin.text()));
