import { SfuError } from '../../src/core/errors.ts';
import { type Role, roles } from '../../src/store/roles.ts';
import { type Column, Table } from '../html/table.tsx';
import { readName } from '../panel/credentials.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ActionLink, Badge, Empty, Moment } from '../panel/parts.tsx';
import { RoleField } from './role-field.tsx';

const add: PanelAction = {
  title: 'Add API key',
  role: 'admin',
  confirm: () => (
    <>
      <label class="field">
        <span>Name of the program</span>
        <input name="name" maxlength="64" required autofocus autocomplete="off" />
      </label>
      <RoleField />
      <p class="note">The secret is shown once, in the next message. The server keeps only its hash.</p>
    </>
  ),
  run({ store }, form) {
    const name = readName(form);
    if (store.apiKeys.has(name)) throw new SfuError('wrong_state', `there is a key "${name}" already`);
    const secret = store.apiKeys.create(name, form.choice('role', roles) as Role);
    return { message: `The key of ${name}. Copy it now, it is not shown again:`, secret };
  },
};

const revoke: PanelAction = {
  title: 'Revoke key',
  role: 'admin',
  danger: true,
  confirm: ({ store }, form) => (
    <p>
      <b safe>
        {store.apiKeys.list().find(({ id }) => String(id) === form.raw('id'))?.name ?? 'The program'}
      </b>{' '}
      is refused from now on. A revoked key cannot be restored.
    </p>
  ),
  run({ store }, form) {
    const id = form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER });
    if (!store.apiKeys.list().some((key) => key.id === id))
      throw new SfuError('not_found', 'there is no such key any more; it was revoked');
    store.apiKeys.revoke(id);
    return { message: 'The key is revoked.' };
  },
};

export const keyActions = { 'add-key': add, 'revoke-key': revoke } as const satisfies Record<
  string,
  PanelAction
>;

const columns: readonly Column[] = [
  ...['Program', 'Role', 'Created', 'Last used'].map((title) => ({ title })),
  { title: 'Actions', look: 'act', unseen: true },
];

/** API keys of programs: what they are for, the list, and the actions that add and revoke them. */
export function ApiKeys({ context }: { context: PanelContext }): JSX.Element {
  const shared = { context, panelId: 'people' };
  const all = context.store.apiKeys.list();
  const rows = all.map(({ id, name, role, createdAt, usedAt }) => ({
    id: `key-${id}`,
    cells: [
      { html: <b safe>{name}</b> },
      { html: <Badge text={role} /> },
      { html: <Moment time={createdAt} /> },
      usedAt === null ? 'never' : { html: <Moment time={usedAt} /> },
      { html: <ActionLink {...shared} name="revoke-key" action={revoke} fields={{ id }} of={name} /> },
    ],
  }));
  return (
    <>
      <div class="section-head">
        <h2>API keys</h2>
        <ActionLink {...shared} name="add-key" action={add} />
      </div>
      <p class="note">
        A key is the password of a program: your application sends it with its HTTP requests to this server.
        Its role says what it may do, as with people. Give each program its own key, so that you can revoke
        one without the others. To enter a call, clients need a token, not a key.
      </p>
      {all.length === 0 ? (
        <Empty title="No keys" hint="Add one for each program that uses the API of this server." />
      ) : (
        <Table label="API keys" columns={columns} rows={rows} />
      )}
    </>
  );
}
