import type { Setting } from '../src/config/kinds.ts';
import { settings } from '../src/config/settings.ts';

/** docs/configuration.md: every setting, from the table in src/config/settings.ts. */
export function configurationPage(): string {
  const rows = Object.values<Setting>(settings).map(
    (setting) => `| \`${setting.env}\` | ${defaultOf(setting)} | ${setting.wants} | ${setting.doc} |`,
  );
  return `# Configuration

Made from the table in src/config/settings.ts by \`npm run generate\`; change it there.

Everything is set by environment variables, or in a file that \`TUREEN_ENV_FILE\` names; some of it can change while the
server runs ([deploy.md](deploy.md)). A wrong value stops the start with one line for each mistake: the variable, what it
holds, what it wants. A variable that begins with \`TUREEN_\` and is not in this
table is told in the log, since it is most likely misspelt.

Without \`TUREEN_API_KEY\` and \`TUREEN_API_SECRET\` the server runs in **development mode**: it listens on loopback
only, and lets anyone there into any room. With them, nothing is open: every connection needs a token
([tokens.md](tokens.md)).

To change a key without a gap, give both, the old and the new one: \`TUREEN_API_KEY=old,new\`,
\`TUREEN_API_SECRET=secret-of-old,secret-of-new\`. When the last token of the old one has expired, take it out.

| variable | default | wants | what it does |
|---|---|---|---|
${rows.join('\n')}

\`MEDIASOUP_WORKER_BIN\` names the media worker's executable and overrides the one that the set-up provides.
`;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultDoc !== undefined) return setting.defaultDoc;
  if (setting.default === undefined) return 'not set';
  return `\`${Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)}\``;
}
