import { settings } from '../../src/config/settings/index.ts';
import { Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { PageHead } from '../panel/parts.tsx';

/** The configuration as it is in effect. Secrets are hidden. */
export const settingsPanel = definePanel({
  id: 'settings',
  title: 'Settings',
  icon: 'settings',
  path: '/settings',
  role: 'admin',
  view: (context) => (
    <>
      <PageHead title="Settings" note="Set by environment variables; most changes need a restart." />
      <Table
        label="Settings"
        columns={[
          { title: 'Variable', look: 'code' },
          { title: 'In effect', look: 'wide' },
          { title: 'What it is', look: 'note' },
        ]}
        rows={Object.entries(settings).map(([name, { env, doc, ...rest }]) => ({
          cells: [env, valueInEffect(context, name, 'secret' in rest && rest.secret === true), doc],
        }))}
      />
    </>
  ),
});

function valueInEffect({ config }: PanelContext, name: string, secret: boolean): string {
  if (name === 'apiKeyNames') return [...config.apiKeys.keys()].join(', ') || 'not set: development mode';
  if (name === 'apiSecrets') return config.apiKeys.size === 0 ? 'not set' : 'set, hidden';
  const value: unknown = Object.hasOwn(config, name) ? config[name as keyof typeof config] : undefined;
  if (value === undefined) return 'not set';
  if (secret) return 'set, hidden';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
