import { SfuError } from '../../src/errors.ts';
import { hashPassword, type Role, roles, type User } from '../../src/store/users.ts';
import { ActionLink, Badge, Empty, Moment, PageHead, TableFrame } from '../html/parts.tsx';
import { readName, readPassword } from '../http/entrance.tsx';
import type { Form } from '../http/form.ts';
import { definePanel, type PanelAction, type PanelContext } from '../panel.ts';

function RoleField({ role = 'moderator' }: { role?: Role }): JSX.Element {
  return (
    <label class="field">
      <span>Role</span>
      <select name="role">
        {roles.map((each) => (
          <option value={each} selected={each === role} safe>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function userOf({ store }: PanelContext, form: Form): User {
  const user = store.users.get(form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER }));
  if (user) return user;
  throw new SfuError('not_found', 'there is no such user any more');
}

/** @throws SfuError wrong_state when nobody would be left who can do all */
function requireOtherAdmin({ store }: PanelContext, { id }: User): void {
  if (!store.users.list().some((user) => user.role === 'admin' && user.id !== id))
    throw new SfuError('wrong_state', 'this is the last admin; make another one first');
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
    context.store.sessions.closeAllOf(user.id, context.sessionId);
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
  run(context, form) {
    context.store.sessions.close(form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER }));
    return { message: 'The session is ended.' };
  },
};

const addKey: PanelAction = {
  title: 'Add API key',
  role: 'admin',
  confirm: () => (
    <>
      <label class="field">
        <span>Name of the program</span>
        <input name="name" maxlength="64" required autofocus autocomplete="off" />
      </label>
      <RoleField />
    </>
  ),
  run(context, form) {
    const name = readName(form);
    if (context.store.apiKeys.has(name))
      throw new SfuError('wrong_state', `there is a key "${name}" already`);
    const secret = context.store.apiKeys.create(name, form.choice('role', roles) as Role);
    return { message: `The key of ${name}, shown this once:`, secret };
  },
};

const revokeKey: PanelAction = {
  title: 'Revoke key',
  role: 'admin',
  danger: true,
  confirm: () => <p>Programs that use it are refused from now on.</p>,
  run(context, form) {
    context.store.apiKeys.revoke(form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER }));
    return { message: 'The key is revoked.' };
  },
};

const actions = {
  'add-user': addUser,
  'set-role': setRole,
  'set-password': setPassword,
  'remove-user': removeUser,
  'end-session': endSession,
  'add-key': addKey,
  'revoke-key': revokeKey,
} as const satisfies Record<string, PanelAction>;

/** Who may use the dashboard, where they are logged in, and the keys of programs. */
export const peoplePanel = definePanel({
  id: 'people',
  title: 'People',
  icon: 'people',
  path: '/people',
  role: 'admin',
  live: false,
  actions,
  view: (context) => (
    <>
      <PageHead title="People">
        <ActionLink context={context} panelId="people" name="add-user" action={addUser} />
        <ActionLink context={context} panelId="people" name="add-key" action={addKey} />
      </PageHead>
      <h2>Users</h2>
      {users(context)}
      <h2>Sessions</h2>
      {sessions(context)}
      <h2>API keys</h2>
      {keys(context)}
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
  return (
    <TableFrame label="Users">
      <table data-rows>
        <tbody>
          {context.store.users.list().map(({ id, name, role, origin }) => (
            <tr>
              <th scope="row" safe>
                {name}
              </th>
              <td>
                <Badge text={role} tone={role === 'admin' ? 'accent' : 'plain'} />
              </td>
              <td class="note" safe>
                {origin === 'page' ? '' : `by the ${origin}`}
              </td>
              <td class="actions">
                {button(context, 'set-role', id, name)}
                {origin === 'page' ? button(context, 'set-password', id, name) : ''}
                {button(context, 'remove-user', id, name)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function sessions(context: PanelContext): JSX.Element {
  const names = new Map(context.store.users.list().map(({ id, name }) => [id, name]));
  return (
    <TableFrame label="Sessions">
      <table data-rows>
        <tbody>
          {context.store.sessions.list().map(({ id, userId, address, agent, createdAt, seenAt }) => (
            <tr>
              <th scope="row" safe>
                {names.get(userId) ?? '–'}
              </th>
              <td safe>{address}</td>
              <td class="note" safe>
                {agent}
              </td>
              <td class="still">
                since <Moment time={createdAt} />, seen <Moment time={seenAt} />
              </td>
              <td>
                {id === context.sessionId ? (
                  <Badge text="this one" tone="accent" />
                ) : (
                  button(context, 'end-session', id, names.get(userId) ?? '')
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function keys(context: PanelContext): JSX.Element {
  const all = context.store.apiKeys.list();
  if (all.length === 0)
    return <Empty title="No keys" hint="Make one for each program that acts on this server." />;
  return (
    <TableFrame label="API keys">
      <table data-rows>
        <tbody>
          {all.map(({ id, name, role, createdAt, usedAt }) => (
            <tr>
              <th scope="row" safe>
                {name}
              </th>
              <td>
                <Badge text={role} />
              </td>
              <td class="still">
                made <Moment time={createdAt} />
              </td>
              <td class="still">{usedAt === null ? 'never used' : <Moment time={usedAt} />}</td>
              <td>{button(context, 'revoke-key', id, name)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
