import { join } from 'node:path';
import { configurationPage } from './configuration-page.ts';
import { protocolPage } from './protocol-page.ts';

/** The pages that are made from the code. With --check nothing is written, and a stale page is an error. */
const pages: Readonly<Record<string, () => string>> = {
  'configuration.md': configurationPage,
  'protocol.md': protocolPage,
};

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, write] of Object.entries(pages)) {
  const path = join(import.meta.dirname, name);
  const page = write();
  const present = await Bun.file(path)
    .text()
    .catch(() => '');
  if (present === page) continue;
  stale.push(`docs/${name}`);
  if (!check) await Bun.write(path, page);
}
if (stale.length === 0) console.log(`${Object.keys(pages).length} generated pages are up to date.`);
else if (!check) console.log(`written: ${stale.join(', ')}`);
else {
  console.error(`stale: ${stale.join(', ')}. Run \`npm run generate\` and commit what it writes.`);
  process.exitCode = 1;
}
