/** Writes the generated pages: `npm run generate`. With --check it fails when one is stale. */
import '../docs/generate.ts';
