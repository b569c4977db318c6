import { SfuError } from '../../src/core/errors.ts';
import { type Role, roles } from '../../src/store/roles.ts';
import { hashPassword, type User } from '../../src/store/users.ts';
import { live } from '../html/regions.ts';
import { type Column, Table } from '../html/table.tsx';
import { readName, readPassword } from '../panel/credentials.ts';
import type { Form } from '../panel/form.ts';
import { definePanel, type PanelAction, type PanelContext } from '../panel/panel.ts';
import { ActionLink, Badge, Moment, PageHead } from '../panel/parts.tsx';
import { ApiKeys, keyActions } from './api-keys.tsx';
import { RoleField } from './role-field.tsx';

function userOf({ store }: PanelContext, form: Form): User {
  const user = store.users.get(form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER }));
  if (user) return user;
  throw new SfuError('not_found', 'there is no such user any more');
}

/** @throws SfuError wrong_state when no admin would be left */
function requireOtherAdmin({ store }: PanelContext, { id }: User): void {
  if (!store.users.list().some((user) => user.role === 'admin' && user.id !== id))
    throw new SfuError('wrong_state', 'this is the last admin; add another one first');
}

const addUser: PanelAction = {
  title: 'Add user',
  role: 'admin',
  confirm: () => (
    <>
      <label class="field">
        <span>Name</span>
        <input name="name" maxlength="64" required autofocus autocomplete="off" />
      </label>
      <label class="field">
        <span>Password, at least 12 characters</span>
        <input name="password" type="password" minlength="12" required autocomplete="new-password" />
      </label>
      <RoleField />
    </>
  ),
  async run(context, form) {
    const name = readName(form);
    const role = form.choice('role', roles) as Role;
    if (context.store.users.byName(name))
      throw new SfuError('wrong_state', `there is a user "${name}" already`);
    const passwordHash = await hashPassword(readPassword(form));
    context.store.users.put({ name, passwordHash, role, origin: 'page' });
    return { message: `${name} may log in as ${role}.` };
  },
};

const setRole: PanelAction = {
  title: 'Change role',
  role: 'admin',
  confirm: (context, form) => <RoleField role={userOf(context, form).role} />,
  run(context, form) {
    const user = userOf(context, form);
    const role = form.choice('role', roles) as Role;
    if (role !== 'admin') requireOtherAdmin(context, user);
    context.store.users.setRole(user.id, role);
    return { message: `${user.name} is ${role} now.` };
  },
};

const setPassword: PanelAction = {
  title: 'Set password',
  role: 'admin',
  confirm: () => (
    <label class="field">
      <span>New password, at least 12 characters. Their other sessions end.</span>
      <input name="password" type="password" minlength="12" required autofocus autocomplete="new-password" />
    </label>
  ),
  async run(context, form) {
    const user = userOf(context, form);
    context.store.users.setPassword(user.id, await hashPassword(readPassword(form)));
    context.store.sessions.closeAllOf(user, context.sessionId);
    return { message: `The password of ${user.name} was set.` };
  },
};

const removeUser: PanelAction = {
  title: 'Remove user',
  role: 'admin',
  danger: true,
  confirm: (context, form) => (
    <p>
      <b safe>{userOf(context, form).name}</b> cannot log in any more, and their sessions end.
    </p>
  ),
  run(context, form) {
    const user = userOf(context, form);
    requireOtherAdmin(context, user);
    context.store.users.remove(user.id);
    return { message: `${user.name} was removed.` };
  },
};

const endSession: PanelAction = {
  title: 'End session',
  role: 'admin',
  run({ store }, form) {
    const id = form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER });
    if (!store.sessions.isOpen(id)) throw new SfuError('not_found', 'this session has ended already');
    store.sessions.close(id);
    return { message: 'The session is ended.' };
  },
};

const origins: Readonly<Record<User['origin'], string>> = {
  page: 'a password',
  configuration: 'the configuration',
  proxy: 'the proxy in front',
};

const actions = {
  'add-user': addUser,
  'set-role': setRole,
  'set-password': setPassword,
  'remove-user': removeUser,
  'end-session': endSession,
  ...keyActions,
} as const satisfies Record<string, PanelAction>;

/** Users of the dashboard, their sessions, and the API keys of programs. */
export const peoplePanel = definePanel({
  id: 'people',
  title: 'People',
  icon: 'people',
  path: '/people',
  role: 'admin',
  actions,
  view: (context) => (
    <>
      <PageHead title="People">
        <ActionLink context={context} panelId="people" name="add-user" action={addUser} />
      </PageHead>
      <h2>Users</h2>
      {live('users', <div id="users">{users(context)}</div>)}
      <h2>Sessions</h2>
      {live('sessions', <div id="sessions">{sessions(context)}</div>)}
      {live(
        'api-keys',
        <section id="api-keys">
          <ApiKeys context={context} />
        </section>,
      )}
    </>
  ),
});

function button(context: PanelContext, name: keyof typeof actions, id: number, of: string): JSX.Element {
  return (
    <ActionLink
      context={context}
      panelId="people"
      name={name}
      action={actions[name]}
      fields={{ id }}
      of={of}
    />
  );
}

function users(context: PanelContext): JSX.Element {
  const columns: readonly Column[] = [
    { title: 'Name' },
    { title: 'Role' },
    { title: 'Known by', look: 'note' },
    { title: 'Actions', look: 'act', unseen: true },
  ];
  const rows = context.store.users.list().map(({ id, name, role, origin }) => {
    const buttons = (
      <>
        {button(context, 'set-role', id, name)}
        {origin === 'page' ? button(context, 'set-password', id, name) : ''}
        {button(context, 'remove-user', id, name)}
      </>
    );
    return {
      id: `user-${id}`,
      cells: [
        { html: <b safe>{name}</b> },
        { html: <Badge text={role} tone={role === 'admin' ? 'accent' : 'plain'} /> },
        origins[origin],
        { html: buttons },
      ],
    };
  });
  return <Table label="Users" columns={columns} rows={rows} />;
}

function sessions(context: PanelContext): JSX.Element {
  const names = new Map(context.store.users.list().map(({ id, name }) => [id, name]));
  const columns: readonly Column[] = [
    ...['Whose', 'Since', 'Last seen', 'From'].map((title) => ({ title })),
    { title: 'With', look: 'note' },
    { title: 'Actions', look: 'act', unseen: true },
  ];
  const rows = context.store.sessions.list().map(({ id, userId, address, agent, createdAt, seenAt }) => {
    const name = names.get(userId) ?? '–';
    const here = id === context.sessionId;
    return {
      id: `session-${id}`,
      cells: [
        { html: <b safe>{name}</b> },
        { html: <Moment time={createdAt} /> },
        { html: <Moment time={seenAt} /> },
        address,
        agent,
        {
          html: here ? <Badge text="this one" tone="accent" /> : button(context, 'end-session', id, name),
        },
      ],
    };
  });
  return <Table label="Sessions" columns={columns} rows={rows} />;
}
