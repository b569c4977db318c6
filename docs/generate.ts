import { join } from 'node:path';
import { generatedFiles } from '../metrics/generated.ts';
import { sdkTables } from '../packages/build/plain-types.ts';
import { apiPage } from './api-page.ts';
import { configurationPage } from './configuration-page.ts';
import { controllersPage } from './controllers-page.ts';
import { eventsPage } from './events-page.ts';
import { meshPage } from './mesh-page.ts';
import { metricsPage } from './metrics-page.ts';
import { protocolPage } from './protocol-page.ts';
import { v2Page } from './v2-page.ts';
import { webhooksPage } from './webhooks-page.ts';

/**
 * The files generated from the code, by path from the root. With --check nothing is written, and a stale
 * file is an error.
 */
const files: Readonly<Record<string, string>> = {
  'docs/api.md': apiPage(),
  'docs/configuration.md': configurationPage(),
  'docs/controllers.md': controllersPage(),
  'docs/events.md': eventsPage(),
  'docs/protocol.md': protocolPage(),
  'docs/mesh.md': meshPage(),
  'docs/metrics.md': metricsPage(),
  'docs/v2.md': v2Page(),
  'docs/webhooks.md': webhooksPage(),
  'packages/server-sdk/src/tables.ts': sdkTables(),
  ...generatedFiles(),
};

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, text] of Object.entries(files)) {
  const path = join(root, name);
  const present = await Bun.file(path)
    .text()
    .catch(() => '');
  if (present === text) continue;
  stale.push(name);
  if (!check) await Bun.write(path, text);
}
if (stale.length === 0) console.log(`${Object.keys(files).length} generated files are up to date.`);
else if (!check) console.log(`written: ${stale.join(', ')}`);
else {
  console.error(`stale: ${stale.join(', ')}. Run \`npm run generate\` and commit what it writes.`);
  process.exitCode = 1;
}
