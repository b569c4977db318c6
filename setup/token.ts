/** Prints a token: `bun run token --room x --peer y`. */
import '../src/auth/token-command.ts';
