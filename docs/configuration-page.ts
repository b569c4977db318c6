import type { Setting } from '../src/config/kinds.ts';
import { subjects } from '../src/config/settings/index.ts';

/** docs/configuration.md: every setting, from the tables in src/config/settings, a heading for each subject. */
export function configurationPage(): string {
  const sections = subjects.map(({ title, settings }) => section(title, Object.values(settings)));
  return `# Configuration

Generated from the tables in src/config/settings by \`npm run generate\`; edit them there.

All settings are environment variables, or lines of the file that \`TUREEN_ENV_FILE\` names; some can change while the
server runs ([deploy.md](deploy.md)). With a wrong value the server does not start and prints one line for each mistake: the
variable, its value, and what was expected. An unknown variable that begins with \`TUREEN_\` is
logged as a warning, since it is probably misspelt.

Without \`TUREEN_API_KEY\` and \`TUREEN_API_SECRET\` the server runs in **development mode**: it listens on loopback
only, and any local client may enter any room. With them, every connection needs a token
([tokens.md](tokens.md)).

To change a key without a gap, set both, the old and the new one: \`TUREEN_API_KEY=old,new\`,
\`TUREEN_API_SECRET=secret-of-old,secret-of-new\`. Remove the old one when its last token has expired.

\`MEDIASOUP_WORKER_BIN\` is the path of a media worker executable to use instead of the one that the set-up provides.

${sections.join('\n\n')}
`;
}

function section(title: string, settings: readonly Setting[]): string {
  const rows = settings.map(
    (setting) => `| \`${setting.env}\` | ${defaultOf(setting)} | ${setting.wants} | ${setting.doc} |`,
  );
  return `## ${title}

| variable | default | value | what it does |
|---|---|---|---|
${rows.join('\n')}`;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultDoc !== undefined) return setting.defaultDoc;
  if (setting.default === undefined) return 'not set';
  return `\`${Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)}\``;
}
