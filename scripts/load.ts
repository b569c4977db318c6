/** Puts load on a server: `npm run load -- --help`. docs/load.md explains it. */
import '../bench/load/run.ts';
