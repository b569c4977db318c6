import { type Role, roles } from '../../src/store/users.ts';

/** What somebody, or a program, may do. */
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
  viewer: 'sees',
  moderator: 'also acts on calls',
  admin: 'does all',
};
