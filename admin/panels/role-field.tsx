import { type Role, roles } from '../../src/store/roles.ts';

/** The role of a user or a program. */
export function RoleField({ role = 'moderator' }: { role?: Role }): JSX.Element {
  return (
    <label class="field">
      <span>Role</span>
      <select name="role">
        {roles.map((each) => (
          <option value={each} selected={each === role} safe>
            {`${each}: ${may[each]}`}
          </option>
        ))}
      </select>
    </label>
  );
}

const may: Readonly<Record<Role, string>> = {
  viewer: 'may look',
  moderator: 'may also act on calls',
  admin: 'may do everything',
};
