/** Puts load on a server: `bun run load --help`. docs/load.md explains it. */
import '../bench/load/run.ts';
