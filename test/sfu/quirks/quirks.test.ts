import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { Glob } from 'bun';

const folder = join(import.meta.dir, '..', '..', '..', 'src', 'sfu', 'quirks');
const names = [...new Glob('*.ts').scanSync(folder)].map((name) => name.replace(/\.ts$/, '')).sort();

test.each(names)("%s names the version, upstream's word and the cost, and has a test", async (name) => {
  const text = await Bun.file(join(folder, `${name}.ts`)).text();
  expect(text).toMatch(/\(3\.\d+\.\d+,\s/);
  expect(text).toContain(' * Upstream: ');
  expect(text).toContain(' * Without this ');
  expect(await Bun.file(join(import.meta.dir, `${name}.test.ts`)).exists()).toBe(true);
});
