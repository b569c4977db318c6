import type { Setting } from '../src/config/kinds.ts';
import { subjects } from '../src/config/settings/index.ts';

/** docs/configuration.md: every setting, from the tables in src/config/settings, a heading for each subject. */
export function configurationPage(): string {
  const sections = subjects.map(({ title, settings }) => section(title, Object.values(settings)));
  return `# Configuration

Made from the tables in src/config/settings by \`npm run generate\`; change it there.

Everything is set by environment variables, or in a file that \`TUREEN_ENV_FILE\` names; some of it can change while the
server runs ([deploy.md](deploy.md)). A wrong value stops the start with one line for each mistake: the variable, what it
holds, what it wants. A variable that begins with \`TUREEN_\` and is not listed here is
logged as a warning, since it is most likely misspelt.

Without \`TUREEN_API_KEY\` and \`TUREEN_API_SECRET\` the server runs in **development mode**: it listens on loopback
only, and anyone there may enter any room. With them, every connection needs a token
([tokens.md](tokens.md)).

To change a key without a gap, give both, the old and the new one: \`TUREEN_API_KEY=old,new\`,
\`TUREEN_API_SECRET=secret-of-old,secret-of-new\`. Remove the old one when its last token has expired.

\`MEDIASOUP_WORKER_BIN\` names the media worker's executable and overrides the one that the set-up provides.

${sections.join('\n\n')}
`;
}

function section(title: string, settings: readonly Setting[]): string {
  const rows = settings.map(
    (setting) => `| \`${setting.env}\` | ${defaultOf(setting)} | ${setting.wants} | ${setting.doc} |`,
  );
  return `## ${title}

| variable | default | wants | what it does |
|---|---|---|---|
${rows.join('\n')}`;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultDoc !== undefined) return setting.defaultDoc;
  if (setting.default === undefined) return 'not set';
  return `\`${Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)}\``;
}
