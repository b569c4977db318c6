import { isChangeable } from '../../src/config/changeable.ts';
import type { Setting, Settings } from '../../src/config/kinds.ts';
import { subjects } from '../../src/config/settings/index.ts';
import { count } from '../html/format.ts';
import { live } from '../html/regions.ts';
import { type Column, type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, Empty, PageHead, SearchForm } from '../panel/parts.tsx';

/** The configuration as it is in effect, by subject. Secrets are hidden. */
export const settingsPanel = definePanel({
  id: 'settings',
  title: 'Settings',
  icon: 'settings',
  path: '/settings',
  role: 'admin',
  view(context) {
    const found = subjects
      .map(({ title, settings }) => ({ title, rows: rowsOf(context, title, settings) }))
      .filter(({ rows }) => rows.length > 0);
    const sum = found.reduce((total, { rows }) => total + rows.length, 0);
    return (
      <>
        <PageHead
          title="Settings"
          note={`${count(sum, 'setting')}. Set by environment variables, or in the file that TUREEN_ENV_FILE names.`}
        />
        <SearchForm context={context} path="/settings" label="Search variables, values, words" />
        <p class="note legend">
          <Badge text="reload" tone="accent" /> SIGHUP takes it over from the file. <Badge text="restart" />{' '}
          It is read at the start only.
        </p>
        {live(
          'settings',
          <div id="settings">
            {found.length === 0 ? (
              <Empty
                title="Nothing found"
                hint="Search for a part of a variable, of its value or of what it is."
              />
            ) : (
              found.map(({ title, rows }) => (
                <section>
                  <h2 safe>{title}</h2>
                  <Table label={`Settings: ${title}`} columns={columns} rows={rows} />
                </section>
              ))
            )}
          </div>,
        )}
      </>
    );
  },
});

const columns: readonly Column[] = [
  { title: 'Variable', look: 'code' },
  { title: 'In effect', look: 'wide' },
  { title: 'Changed by' },
  { title: 'What it is', look: 'note' },
];

/** The rows of a subject that fit what is searched for. */
function rowsOf(context: PanelContext, title: string, settings: Settings): Row[] {
  const text = (context.query.get('q') ?? '').toLowerCase();
  return Object.entries(settings).flatMap(([name, setting]) => {
    const value = valueInEffect(context, name, setting);
    const changes = isChangeable(name) ? 'reload' : 'restart';
    const words = [title, setting.env, value, changes, setting.doc].join('\n').toLowerCase();
    if (!words.includes(text)) return [];
    const badge = <Badge text={changes} tone={changes === 'reload' ? 'accent' : 'plain'} />;
    return [{ id: `setting-${name}`, cells: [setting.env, value, { html: badge }, setting.doc] }];
  });
}

function valueInEffect({ config }: PanelContext, name: string, { secret }: Setting): string {
  if (name === 'apiKeyNames') return [...config.apiKeys.keys()].join(', ') || 'not set: development mode';
  if (name === 'apiSecrets') return config.apiKeys.size === 0 ? 'not set' : 'set, hidden';
  const value: unknown = Object.hasOwn(config, name) ? config[name as keyof typeof config] : undefined;
  if (value === undefined) return 'not set';
  if (secret) return 'set, hidden';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
