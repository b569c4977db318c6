/**
 * Checks everything: `npm run check`. A failed check does not stop the others, so that all mistakes show at once.
 * --no-tests leaves the tests out.
 */
import { join } from 'node:path';
import { say } from './machine/console.ts';

const ROOT = join(import.meta.dir, '..');

interface Check {
  name: string;
  command: string[];
}

const CHECKS: Check[] = [
  { name: 'format and lint', command: ['node_modules/@biomejs/biome/bin/biome', 'ci', '.'] },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'generated pages', command: ['scripts/generate.ts', '--check'] },
];

const TESTS: Check = { name: 'tests', command: ['scripts/test.ts'] };

async function run({ name, command }: Check): Promise<boolean> {
  say(`checking ${name}`);

  // Bun runs the tools, so Node.js is not needed.
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: ROOT,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
  });

  return (await child.exited) === 0;
}

const checks = process.argv.includes('--no-tests') ? CHECKS : [...CHECKS, TESTS];
const failed: string[] = [];

for (const check of checks) {
  if (!(await run(check))) {
    failed.push(check.name);
  }
}

say(failed.length === 0 ? `all ${checks.length} checks passed` : `failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
