import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import settings from '../../biome.json' with { type: 'json' };
import { projectFolder } from '../support/program.ts';
import { run } from '../support/run.ts';

/** Lints a text by the rules of this project. @returns the numbers of the lines with a fault */
async function faultyLines(text: string): Promise<number[]> {
  // A folder of its own, since Biome lints no file outside of the repository by settings that read its .gitignore.
  const folder = await mkdtemp(join(tmpdir(), 'tureen-lint-'));
  try {
    const { plugins, linter } = settings;
    const rules = { linter, plugins: plugins.map((plugin) => join(projectFolder, plugin)) };
    await Bun.write(join(folder, 'biome.json'), JSON.stringify(rules));
    await Bun.write(join(folder, 'planted.test.ts'), text);
    const biome = join(projectFolder, 'node_modules/@biomejs/biome/bin/biome');
    const { out } = await run([process.execPath, biome, 'lint', '--reporter=github'], { cwd: folder });
    return [...out.matchAll(/,line=(\d+),/g)].map(([, line]) => Number(line)).sort((a, b) => a - b);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('an assertion on a promise that nobody awaits is a fault, wherever it stands', async () => {
  const lines = [
    'const ask = async () => 1;',
    'await expect(ask()).rejects.toThrow();',
    'expect(ask()).rejects.toThrow();',
    'expect(ask()).resolves.not.toBeCloseTo(1, 2);',
    'const later = () => expect(ask()).resolves.toBe(1);',
    'await later();',
    'void expect(ask()).rejects.toThrow();',
    'ask();',
  ];
  expect(await faultyLines(lines.join('\n'))).toEqual([3, 4, 5, 7, 8]);
});
