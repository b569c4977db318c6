/**
 * Builds dist/tureen, one executable with the server, the page and the media worker inside: `npm run build`. It runs
 * on hosts of the same kind that have neither Bun nor Node.js. With --outfile it goes elsewhere.
 */
import { stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildExecutable } from './executable.ts';
import { runTask, say } from './machine/console.ts';

const DEFAULT = join(import.meta.dir, '..', 'dist', 'tureen');

await runTask(async () => {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { outfile: { type: 'string', default: DEFAULT } },
  });
  const outfile = resolve(values.outfile);

  await buildExecutable(outfile);

  const { size } = await stat(outfile);

  say(`built ${relative(process.cwd(), outfile)}, ${(size / 1_000_000).toFixed(1)} MB`);
});
