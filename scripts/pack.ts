/**
 * Builds the packages that are published for applications, with their tarballs: `npm run pack`. With --outdir they go
 * elsewhere than to dist/packages.
 */
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll } from '../packages/build/pack.ts';
import { runTask, say } from './machine/console.ts';

const DEFAULT = join(import.meta.dir, '..', 'dist', 'packages');

await runTask(async () => {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { outdir: { type: 'string', default: DEFAULT } },
  });

  for (const { name, tarball, size } of await packAll(resolve(values.outdir))) {
    say(`${name}: ${relative(process.cwd(), tarball)}, ${size}`);
  }
});
