/** Writes the generated pages of docs/, or with --check fails when one is stale: `npm run generate`. */
import '../docs/generate.ts';
